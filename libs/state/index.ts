export {
  MAX_KEY_LENGTH,
  StateStore,
  type Commit,
  type Entry,
  type LogEntry,
  type LogReadOptions,
  type IndexListOptions,
} from './ports/state-store.js';
export { StateError, isStateError, type StateErrorCode } from './ports/state.errors.js';
export { memoryStateOptionsSchema, type MemoryStateOptions } from './memory/memory-state-options.js';
export { MemoryStateStore } from './memory/memory-state-store.js';
export { redisStateOptionsSchema, type RedisStateOptions } from './redis/redis-state-options.js';
export { StateModule, type StateModuleOptions } from './state.module.js';
