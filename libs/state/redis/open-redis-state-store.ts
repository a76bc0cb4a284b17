import { Logger } from '@nestjs/common';
import { messageOf, type Clock } from '#core';
import { SharedRedis, addressOf } from '#redis';
import type { RedisConnection } from '#redis/plain';
import type { ResolvedRedisStateOptions } from './redis-state-options.js';
import { RedisStateStore } from './redis-state-store.js';

const logger = new Logger('RedisStateStore');

/**
 * A store on the Redis server that the options name, or on a connection that is there already.
 * @throws {BackendUnavailableError} naming host and port, after `connectTimeoutMs` at the latest, when the server cannot be
 *   reached or used.
 */
export async function openRedisStateStore(
  options: ResolvedRedisStateOptions,
  clock: Clock,
  shared?: RedisConnection,
): Promise<RedisStateStore> {
  const where = addressOf(options.redis);
  let isLost = false;
  // An outage is many errors: one for each connection that fails to be made.
  const onError = (error: Error): void => {
    if (!isLost) logger.warn(`Redis at ${where}: ${messageOf(error)}`);
    isLost = true;
  };
  const connection = shared ?? (await SharedRedis.open(options.redis));
  connection.client.on('ready', () => {
    if (isLost) logger.log(`Redis at ${where} is back`);
    isLost = false;
  });
  return new RedisStateStore(connection, options, clock, onError);
}
