import type { Redis } from 'ioredis';
import { hangUp } from './connect.js';
import { openRedis } from './open-redis.js';
import { RedisConnection } from './redis-connection.js';
import type { RedisOptions } from './redis.options.js';

/** The connection is closed behind the last command of the last user. */
export class SharedRedis extends RedisConnection {
  readonly options: RedisOptions;
  readonly client: Redis;
  readonly #errorListeners: Set<(error: Error) => void>;
  #users = 0;
  #closing: Promise<void> | undefined;

  /** @throws {BackendUnavailableError} as `openRedis`. */
  static async open(options: RedisOptions): Promise<SharedRedis> {
    const listeners = new Set<(error: Error) => void>();
    const client = await openRedis(options, (error) => {
      for (const listener of listeners) listener(error);
    });
    return new SharedRedis(client, options, listeners);
  }

  private constructor(client: Redis, options: RedisOptions, errorListeners: Set<(error: Error) => void>) {
    super();
    this.client = client;
    this.options = options;
    this.#errorListeners = errorListeners;
  }

  use(onError: (error: Error) => void): () => Promise<void> {
    this.#users++;
    this.#errorListeners.add(onError);
    let used = true;
    return async () => {
      if (!used) return;
      used = false;
      this.#errorListeners.delete(onError);
      if (--this.#users === 0) await this.#close();
    };
  }

  async closeUnused(): Promise<void> {
    if (this.#users === 0) await this.#close();
  }

  #close(): Promise<void> {
    // Behind what is under way, unless the server does not answer.
    this.#closing ??= this.client
      .quit()
      .then(
        () => undefined,
        () => undefined,
      )
      .finally(() => hangUp(this.client));
    return this.#closing;
  }
}
