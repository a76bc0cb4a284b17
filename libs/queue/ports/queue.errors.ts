import { OrchestraError } from '#core';

/**
 * - `QUEUE_FULL`: `maxDepth` jobs wait already; retryable, nothing was added.
 * - `QUEUE_CLOSED`: the driver was closed.
 * - `JOB_NOT_FOUND`: no job of that id is kept.
 * - `JOB_STATE_CONFLICT`: the job is not in a state in which that can be done.
 * - `JOB_DATA_INVALID`: the data does not survive JSON unchanged.
 * - `INVALID_CURSOR`: not a cursor of this listing.
 */
export type QueueErrorCode =
  | 'QUEUE_FULL'
  | 'QUEUE_CLOSED'
  | 'JOB_NOT_FOUND'
  | 'JOB_STATE_CONFLICT'
  | 'JOB_DATA_INVALID'
  | 'INVALID_CURSOR';

export class QueueError extends OrchestraError<QueueErrorCode> {}
