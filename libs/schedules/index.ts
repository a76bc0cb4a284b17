export { MISSED_POLICIES, type MissedPolicy, type Schedule, type ScheduleSummary } from './schedule.js';
export { SCHEDULES_QUEUE } from './schedule-jobs.js';
export { scheduleRequestSchema, type ScheduleRequest } from './schedule-request.js';
export { SchedulesError, type SchedulesErrorCode } from './schedules.errors.js';
export { SchedulesModule } from './schedules.module.js';
export {
  schedulesOptionsSchema,
  type SchedulesOptions,
  type SchedulesOptionsInput,
} from './schedules.options.js';
export { WorkflowSchedules, type ListSchedulesOptions, type ScheduleRepair } from './workflow-schedules.js';
