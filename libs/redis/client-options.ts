import type { RedisOptions as AnyClientOptions } from 'ioredis';

/** Of clients whose replies are as ioredis has always given them. */
export type ClientOptions = AnyClientOptions & { replyMapping?: 'legacy' };
