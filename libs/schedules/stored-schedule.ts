import type { JsonValue } from '#core';
import type { MissedPolicy, Schedule, ScheduleSummary } from './schedule.js';
import type { Timing } from './timing/timing.js';

/** What was asked for; never changes. */
export interface ScheduleDefinition {
  scheduleId: string;
  /** New with each schedule, so that one of the same id later shares neither jobs nor executions with it. */
  generation: string;
  workflowId: string;
  timing: Timing;
  missed: MissedPolicy;
  priority: number | null;
  timeoutMs: number | null;
  createdAtMs: number;
}

/** What every firing submits; may be large. */
export interface ScheduleContent {
  workflow: JsonValue;
  input: JsonValue;
}

/** How far it is. Times are ms since the epoch. */
export interface ScheduleProgress {
  nextAtMs: number;
  lastAtMs: number | null;
  lastExecutionId: string | null;
}

export interface StoredSchedule {
  definition: ScheduleDefinition;
  progress: ScheduleProgress;
}

export function toSummary({ definition, progress }: StoredSchedule): ScheduleSummary {
  const { scheduleId, workflowId, timing, missed, priority, timeoutMs, createdAtMs } = definition;
  const isCron = 'cron' in timing;
  return {
    scheduleId,
    workflowId,
    cron: isCron ? timing.cron : null,
    timezone: isCron ? timing.timezone : null,
    everyMs: 'everyMs' in timing ? timing.everyMs : null,
    at: 'at' in timing ? isoTime(timing.at) : null,
    missed,
    priority,
    timeoutMs,
    createdAt: isoTime(createdAtMs),
    nextAt: isoTime(progress.nextAtMs),
    lastAt: progress.lastAtMs === null ? null : isoTime(progress.lastAtMs),
    lastExecutionId: progress.lastExecutionId,
  };
}

export function toSchedule(stored: StoredSchedule, { workflow, input }: ScheduleContent): Schedule {
  return { ...toSummary(stored), workflow, input };
}

export function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
