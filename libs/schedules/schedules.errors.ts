import { OrchestraError } from '#core';

/**
 * - `SCHEDULE_NOT_FOUND`: there is no schedule of that id; one of a single time is gone once its execution was submitted.
 * - `SCHEDULE_EXISTS`: the id is that of another schedule.
 * - `SCHEDULES_FULL`: there are `maxSchedules` already. Not retryable: one has to be deleted first.
 */
export type SchedulesErrorCode = 'SCHEDULE_NOT_FOUND' | 'SCHEDULE_EXISTS' | 'SCHEDULES_FULL';

export class SchedulesError extends OrchestraError<SchedulesErrorCode> {}
