export { toBackendError } from './backend-error.js';
export { commandOptions, hangUp, makeClient, waitingOptions } from './connect.js';
export { SharedRedis } from './shared-redis.js';
export { addressOf, keyTag } from './redis-address.js';
export { RedisChannels, type ChannelListener, type RedisChannelsOptions } from './redis-channels.js';
export { redisOptionsSchema, type RedisOptions, type RedisOptionsInput } from './redis.options.js';
