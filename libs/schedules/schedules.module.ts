import { Module } from '@nestjs/common';
import { ClockModule, defineModuleOptions } from '#core';
import { EventsModule } from '#events';
import { ScheduleJobs } from './schedule-jobs.js';
import { ScheduleRunner } from './schedule-runner.js';
import { ScheduleStore } from './schedule-store.js';
import { SCHEDULES_OPTIONS, schedulesOptionsSchema } from './schedules.options.js';
import { WorkflowSchedules } from './workflow-schedules.js';

const { ConfigurableModuleClass, optionsProvider } = defineModuleOptions(
  'Schedules',
  schedulesOptionsSchema,
  SCHEDULES_OPTIONS,
  [ClockModule, EventsModule],
);

/** Executions at times to come. Needs `DispatchModule`, `QueueModule` and `StateModule` beside it. */
@Module({
  providers: [optionsProvider, ScheduleStore, ScheduleJobs, ScheduleRunner, WorkflowSchedules],
  exports: [WorkflowSchedules],
})
export class SchedulesModule extends ConfigurableModuleClass {}
