import { OrchestraError } from '#core';

/**
 * Thrown:
 * - `EXECUTION_NOT_FOUND`: no execution of that id is kept.
 * - `EXECUTION_FINISHED`: it has ended, so it cannot be cancelled.
 * - `EXECUTION_NOT_RETRYABLE`: only failed, timed out and cancelled executions can run again.
 * - `IDEMPOTENCY_KEY_REUSED`: the key stands for another request.
 * - `SHUTTING_DOWN`: nothing is accepted any more; retryable, elsewhere.
 *
 * Recorded as the error of a step or an execution:
 * - `STEP_TIMEOUT`: an attempt took longer than the step's `timeoutMs`; retryable.
 * - `STEP_OUTPUT_INVALID`: the agent's output is not JSON.
 * - `EXECUTION_TIMEOUT`, `EXECUTION_CANCELLED`: the execution was stopped.
 * - `POISONED`: `maxRecoveries` workers in a row were lost while they ran the execution.
 * - `AGENT_ERROR`: an agent threw something without a code of its own.
 * - `INTERNAL_ERROR` (recorded only, thrown never): the execution could not be run, for a reason outside its workflow.
 */
export type DispatchErrorCode =
  | 'EXECUTION_NOT_FOUND'
  | 'EXECUTION_FINISHED'
  | 'EXECUTION_NOT_RETRYABLE'
  | 'IDEMPOTENCY_KEY_REUSED'
  | 'SHUTTING_DOWN'
  | 'STEP_TIMEOUT'
  | 'STEP_OUTPUT_INVALID'
  | 'EXECUTION_TIMEOUT'
  | 'EXECUTION_CANCELLED'
  | 'POISONED'
  | 'AGENT_ERROR';

export class DispatchError extends OrchestraError<DispatchErrorCode> {}
