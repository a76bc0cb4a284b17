import type { ErrorRecord, JsonObject, JsonValue } from '#core';

export const EXECUTION_STATUSES = [
  'pending',
  'running',
  'completed',
  'failed',
  'cancelled',
  'timed_out',
] as const;
export type ExecutionStatus = (typeof EXECUTION_STATUSES)[number];

export const STEP_STATUSES = ['pending', 'running', 'completed', 'failed', 'skipped', 'cancelled'] as const;
export type StepStatus = (typeof STEP_STATUSES)[number];

/** How many steps of an execution run at once, and in which order. */
export const STRATEGIES = ['parallel-coordinated', 'hybrid', 'sequential-safe'] as const;
export type Strategy = (typeof STRATEGIES)[number];

/** A step of an execution. Times are ISO 8601; of the latest attempt where there were several. */
export interface StepRecord {
  status: StepStatus;
  /** Attempts begun. */
  attempts: number;
  agentId: string | null;
  startedAt: string | null;
  finishedAt: string | null;
  output: JsonValue;
  error: ErrorRecord | null;
}

/** An execution without what may be large: what a listing shows. */
export interface ExecutionSummary {
  executionId: string;
  workflowId: string;
  status: ExecutionStatus;
  priority: number;
  timeoutMs: number;
  /** Null until it has started. */
  strategy: Strategy | null;
  submittedAt: string;
  /** The first start of this run, also across recovery. */
  startedAt: string | null;
  finishedAt: string | null;
  cancelRequestedAt: string | null;
  error: ErrorRecord | null;
}

/** One run of a workflow. Every step is listed from submission on, in document order. */
export interface Execution extends ExecutionSummary {
  input: JsonValue;
  output: JsonValue;
  metadata: JsonObject;
  steps: Record<string, StepRecord>;
}

export const PENDING_STEP: Readonly<StepRecord> = Object.freeze({
  status: 'pending',
  attempts: 0,
  agentId: null,
  startedAt: null,
  finishedAt: null,
  output: null,
  error: null,
});

export function isFinished(status: ExecutionStatus): boolean {
  return status !== 'pending' && status !== 'running';
}
