/** The part of the house that can be imported where ioredis is not installed: what configures it. */
export { addressOf } from '../redis-address.js';
export { RedisConnection } from '../redis-connection.js';
export { redisOptionsSchema, type RedisOptions, type RedisOptionsInput } from '../redis.options.js';
