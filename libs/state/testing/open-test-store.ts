import { SystemClock } from '#core';
import { openRedisStateStore } from '../redis/open-redis-state-store.js';
import { redisStateOptionsSchema, type RedisStateOptions } from '../redis/redis-state-options.js';
import type { RedisStateStore } from '../redis/redis-state-store.js';

/** A store of a server that a test has started. */
export function openTestStore(
  redis: RedisStateOptions['redis'],
  limits: Omit<RedisStateOptions, 'redis'> = {},
): Promise<RedisStateStore> {
  return openRedisStateStore(redisStateOptionsSchema.parse({ redis, ...limits }), new SystemClock());
}
