export {
  DEFAULT_PRIORITY,
  JOB_STATES,
  MAX_PRIORITY,
  MIN_PRIORITY,
  addOptionsSchema,
  jobRetentionSchema,
  prioritySchema,
  type AddOptions,
  type JobRecord,
  type JobRetention,
  type JobState,
} from './ports/job.js';
export {
  Consumer,
  JobQueue,
  type ConsumeOptions,
  type ConsumerCloseOptions,
  type ConsumerCloseReport,
  type JobHandler,
} from './ports/job-queue.js';
export { QueueDriver, queueOptionsSchema, type QueueOptions } from './ports/queue-driver.js';
export { QueueError, type QueueErrorCode } from './ports/queue.errors.js';
export { MemoryQueueDriver } from './memory/memory-queue-driver.js';
export { QueueModule, type QueueModuleExtras } from './queue.module.js';
export { queueModuleOptionsSchema, type QueueModuleOptions } from './queue.options.js';
