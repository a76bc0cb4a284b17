import type { Redis } from 'ioredis';
import type { RedisOptions } from './redis.options.js';

/**
 * A connection for commands that queue and state share: what both send in one turn is one write, and the server carries
 * out their commands in the order in which they were sent. An injection token, which needs no ioredis.
 */
export abstract class RedisConnection {
  abstract readonly options: RedisOptions;
  abstract readonly client: Redis;

  /**
   * @param onError told whenever the connection fails, until the use ends.
   * @returns ends the use, and with the last one the connection, within `commandTimeoutMs`. Idempotent.
   */
  abstract use(onError: (error: Error) => void): () => Promise<void>;

  /** Ends it when nobody uses it: who was to do so was never made. */
  abstract closeUnused(): Promise<void>;
}
