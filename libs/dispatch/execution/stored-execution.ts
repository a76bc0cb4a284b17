import type { ErrorRecord, JsonValue } from '#core';
import type { Workflow } from '../document/workflow.js';
import {
  PENDING_STEP,
  type Execution,
  type ExecutionStatus,
  type ExecutionSummary,
  type StepRecord,
  type Strategy,
} from './execution.js';

/** Small and written once. */
export interface ExecutionFacts {
  executionId: string;
  workflowId: string;
  priority: number;
  timeoutMs: number;
  submittedAt: string;
  /** Names the idempotency record that stands for this execution. */
  idempotencyKey: string | null;
  /** The trace it belongs to, of the request that was accepted. */
  traceparent: string | null;
}

/** Written once, possibly large. */
export interface ExecutionDefinition {
  workflow: Workflow;
  input: JsonValue;
}

/** Rewritten at every change of status. */
export interface ExecutionState {
  status: ExecutionStatus;
  /** 1 at first, one more with every `retry`. */
  run: number;
  /**
   * The latest claim whose worker is known to have let go: it ended the execution, or handed it back. Claims between
   * this one and that of a worker belong to workers that were lost, whatever they had begun. 0 at first.
   */
  endedClaim: number;
  /** When this run was queued. */
  queuedAt: string;
  strategy: Strategy | null;
  startedAt: string | null;
  finishedAt: string | null;
  output: JsonValue;
  error: ErrorRecord | null;
}

export interface CancelRequest {
  requestedAt: string;
  reason: string | null;
}

/** An execution as the state store has it: one field a part, one field a step that was begun. */
export interface StoredExecution {
  facts: ExecutionFacts;
  definition: ExecutionDefinition;
  state: ExecutionState;
  cancel: CancelRequest | null;
  /** By id, those that were ever begun. */
  steps: Record<string, StepRecord>;
}

const STEP_PREFIX = 'step:';

export const stepField = (stepId: string): string => STEP_PREFIX + stepId;

export function fromFields(fields: Record<string, JsonValue>): StoredExecution {
  const steps: Record<string, StepRecord> = {};
  for (const name in fields) {
    if (name.startsWith(STEP_PREFIX))
      steps[name.slice(STEP_PREFIX.length)] = fields[name] as unknown as StepRecord;
  }
  return {
    facts: fields.facts as unknown as ExecutionFacts,
    // Each a field of its own: a store bounds how deep a value may be nested.
    definition: { workflow: fields.workflow as unknown as Workflow, input: fields.input as JsonValue },
    state: fields.state as unknown as ExecutionState,
    cancel: (fields.cancel ?? null) as unknown as CancelRequest | null,
    steps,
  };
}

export function toSummary({
  facts,
  state,
  cancel,
}: Pick<StoredExecution, 'facts' | 'state' | 'cancel'>): ExecutionSummary {
  return {
    executionId: facts.executionId,
    workflowId: facts.workflowId,
    status: state.status,
    priority: facts.priority,
    timeoutMs: facts.timeoutMs,
    strategy: state.strategy,
    submittedAt: facts.submittedAt,
    startedAt: state.startedAt,
    finishedAt: state.finishedAt,
    cancelRequestedAt: cancel?.requestedAt ?? null,
    error: state.error,
  };
}

export function toExecution({ facts, definition, state, cancel, steps }: StoredExecution): Execution {
  const { workflow, input } = definition;
  const records: Record<string, StepRecord> = {};
  for (const { id } of workflow.steps) records[id] = steps[id] ?? PENDING_STEP;
  const { executionId, workflowId, priority, timeoutMs, submittedAt } = facts;
  const { status, strategy, startedAt, finishedAt, error, output } = state;
  // Written out: properties added to a copy of the summary would cost several times as much.
  return {
    executionId,
    workflowId,
    status,
    priority,
    timeoutMs,
    strategy,
    submittedAt,
    startedAt,
    finishedAt,
    cancelRequestedAt: cancel?.requestedAt ?? null,
    error,
    input,
    output,
    metadata: workflow.metadata,
    steps: records,
  };
}
