import type { QueueOptions } from 'bullmq';
import type { Redis } from 'ioredis';
import { BackendUnavailableError, OrchestraError } from '#core';
import { SharedRedis, addressOf, keyTag, toBackendError, type RedisOptions } from '#redis';
import type { RedisConnection } from '#redis/plain';
import type { BackendErrorLog } from './backend-error-log.js';

/** Events that BullMQ keeps for its listeners, which nobody here is: a few, to look at. */
const MAX_EVENTS = 100;

/** The one connection for commands of all queues of a driver; they fail rather than hang. */
export class BullConnection {
  readonly client: Redis;
  readonly redis: RedisOptions;
  readonly errors: BackendErrorLog;
  /** What the keys of all queues begin with. */
  readonly prefix: string;
  readonly #leave: () => Promise<void>;

  /**
   * @param shared a connection that is there already.
   * @throws {BackendUnavailableError} after `connectTimeoutMs` at the latest, naming host and port.
   */
  static async open(
    redis: RedisOptions,
    errors: BackendErrorLog,
    shared?: RedisConnection,
  ): Promise<BullConnection> {
    return new BullConnection(shared ?? (await SharedRedis.open(redis)), errors);
  }

  private constructor(connection: RedisConnection, errors: BackendErrorLog) {
    this.client = connection.client;
    this.redis = connection.options;
    this.errors = errors;
    this.prefix = `${keyTag(this.redis)}:queue`;
    this.#leave = connection.use(errors.log);
  }

  /** For a `Queue` of BullMQ that uses this connection. Without the check of the version, whose failure would be final. */
  queueOptions(): QueueOptions {
    return {
      connection: this.client,
      prefix: this.prefix,
      skipVersionCheck: true,
      streams: { events: { maxLen: MAX_EVENTS } },
    };
  }

  /** @throws {BackendUnavailableError} for whatever keeps Redis from answering, at once while it is not connected. */
  async run<R>(command: () => Promise<R>): Promise<R> {
    try {
      this.assertConnected();
      return await command();
    } catch (error) {
      throw error instanceof OrchestraError ? error : toBackendError(error, this.redis);
    }
  }

  /** A queue of BullMQ would wait for the connection without end. */
  assertConnected(): void {
    if (this.client.status !== 'ready') throw this.unavailable('not connected');
  }

  unavailable(why: string): BackendUnavailableError {
    return new BackendUnavailableError(`Redis at ${addressOf(this.redis)}`, why);
  }

  close(): Promise<void> {
    return this.#leave();
  }
}
