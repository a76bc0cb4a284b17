import type { AbortedError, ErrorRecord, JsonValue } from '#core';
import type { DispatchErrorCode } from '../dispatch.errors.js';
import type { PlannedEvent } from '../execution/execution-event.js';
import type { ExecutionState, ExecutionFacts } from '../execution/stored-execution.js';

/** How a run of an execution ended. */
export type Ending =
  | { kind: 'completed'; output: JsonValue }
  | { kind: 'failed'; error: ErrorRecord }
  | { kind: 'aborted'; reason: AbortedError };

export interface ExecutionEnd {
  change: Pick<ExecutionState, 'status' | 'output' | 'error'>;
  event: PlannedEvent;
}

/** The final status, error and event that belong to an ending. */
export function executionEnd(
  { executionId, workflowId, timeoutMs }: ExecutionFacts,
  { startedAt }: ExecutionState,
  ending: Ending,
  finishedAt: string,
): ExecutionEnd {
  const durationMs = startedAt === null ? 0 : Date.parse(finishedAt) - Date.parse(startedAt);
  const data = { executionId, workflowId, durationMs };
  if (ending.kind === 'completed') {
    return {
      change: { status: 'completed', output: ending.output, error: null },
      event: { type: 'execution.completed', data },
    };
  }
  if (ending.kind === 'failed') {
    const { error } = ending;
    return {
      change: { status: 'failed', output: null, error },
      event: { type: 'execution.failed', data: { ...data, error } },
    };
  }
  const timedOut = ending.reason.kind === 'timeout';
  const error = {
    code: (timedOut ? 'EXECUTION_TIMEOUT' : 'EXECUTION_CANCELLED') satisfies DispatchErrorCode,
    // Across recovery a timer may have run for less than the whole time.
    message: timedOut ? `the execution timed out after ${timeoutMs} ms` : ending.reason.message,
    retryable: false,
  };
  return {
    change: { status: timedOut ? 'timed_out' : 'cancelled', output: null, error },
    event: { type: timedOut ? 'execution.timed_out' : 'execution.cancelled', data: { ...data, error } },
  };
}

/** A step's error as its execution's: it names the step, and keeps the code a client decides on. */
export function stepFailure({ stepId, error }: { stepId: string; error: ErrorRecord }): Ending {
  return {
    kind: 'failed',
    error: {
      ...error,
      message: `step "${stepId}" failed: ${error.message}`,
      details: { ...error.details, stepId },
    },
  };
}
