import type { JsonValue } from '#core';

/** What becomes of firings that were missed, because nobody was there or came in time. */
export const MISSED_POLICIES = ['skip', 'run-once'] as const;
export type MissedPolicy = (typeof MISSED_POLICIES)[number];

/** Of `cron`, `everyMs` and `at` one is not null. Times are ISO 8601. */
export interface ScheduleSummary {
  scheduleId: string;
  workflowId: string;
  cron: string | null;
  /** Of `cron`; null otherwise. */
  timezone: string | null;
  everyMs: number | null;
  at: string | null;
  missed: MissedPolicy;
  /** Of its executions; null where the workflow says it. */
  priority: number | null;
  timeoutMs: number | null;
  createdAt: string;
  nextAt: string;
  /** Which firing led to an execution last; null before the first. */
  lastAt: string | null;
  lastExecutionId: string | null;
}

export interface Schedule extends ScheduleSummary {
  workflow: JsonValue;
  input: JsonValue;
}
