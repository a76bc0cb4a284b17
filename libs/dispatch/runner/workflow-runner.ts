import { Inject, Injectable } from '@nestjs/common';
import {
  AbortedError,
  Clock,
  ValidationError,
  abortReason,
  toErrorRecord,
  turnOver,
  type ErrorRecord,
  type Timer,
} from '#core';
import type { DispatchErrorCode } from '../dispatch.errors.js';
import type { DispatchOptions } from '../dispatch.options.js';
import { DISPATCH_OPTIONS } from '../dispatch.tokens.js';
import type { CompiledWorkflow } from '../document/compiled-workflow.js';
import { WorkflowCompiler } from '../document/workflow-compiler.js';
import { ExecutionStore, type ClaimedExecution } from '../execution/execution-store.js';
import { isFinished, type StepRecord } from '../execution/execution.js';
import type { CancelRequest, StoredExecution } from '../execution/stored-execution.js';
import { executionEnd, type Ending, type ExecutionEnd } from './execution-end.js';
import type { RunControl } from './run-control.js';
import { StepRunner } from './step-runner.js';
import { stepConcurrency, strategyFor } from './strategy.js';
import { WorkflowRun } from './workflow-run.js';

/** Runs one execution from where it stands to its end, under one AbortController. */
@Injectable()
export class WorkflowRunner {
  constructor(
    private readonly executions: ExecutionStore,
    private readonly compiler: WorkflowCompiler,
    private readonly stepRunner: StepRunner,
    private readonly clock: Clock,
    @Inject(DISPATCH_OPTIONS) private readonly options: DispatchOptions,
  ) {}

  /**
   * Steps that an earlier run completed are not run again. An execution that is finished is left alone.
   *
   * @param recoveries how often its job was found without the worker that had it.
   * @param control its signal aborts with `cancel` (the execution ends `cancelled`), `shutdown` or `lost-lease` (it stays
   *   `running`, for another worker); the run itself aborts it when the execution times out, or fails.
   * @throws the signal's reason after a shutdown or a lost lease; {DispatchError} `EXECUTION_NOT_FOUND`; {StateError} when
   *   the store refuses a commit.
   */
  async run(executionId: string, control: RunControl, recoveries = 0): Promise<void> {
    const pause = turnOver();
    if (pause !== undefined) await pause;
    const claimed = await this.executions.claim(executionId);
    if (claimed === undefined) return;
    const { stored } = claimed;
    if (stored.cancel !== null) return this.#finish(claimed, cancelled(stored.cancel));
    // Both: a job counts the workers that died while it waited for its turn, a claim those that only lost the store.
    const deaths = Math.min(recoveries, claimed.lostWorkers);
    if (deaths >= this.options.maxRecoveries) return this.#finish(claimed, poisoned(deaths));
    const workflow =
      this.compiler.known(stored.definition.workflow) ?? (await this.#restore(stored, control.signal));
    if ('kind' in workflow) return this.#conclude(claimed, workflow);
    this.#noteStart(claimed, workflow);
    const endsAt = Date.parse(stored.state.startedAt ?? '') + stored.facts.timeoutMs;
    const timer = this.#limitTime(stored.facts.timeoutMs, endsAt, control);
    try {
      const { maxConcurrentSteps, expressionTimeoutMs } = this.options;
      const run = new WorkflowRun({
        claimed,
        workflow,
        control,
        endsAt,
        clock: this.clock,
        stepRunner: this.stepRunner,
        concurrency: stepConcurrency(stored.state.strategy ?? 'sequential-safe', maxConcurrentSteps),
        expressionTimeoutMs,
      });
      await this.#conclude(claimed, await run.end());
    } finally {
      timer?.cancel();
    }
  }

  /** Ends an execution that nobody runs, and that is asked to be cancelled; any other is left alone. */
  async cancel(executionId: string): Promise<void> {
    const { state, cancel } = await this.executions.loadSummary(executionId);
    if (isFinished(state.status) || cancel === null) return;
    const claimed = await this.executions.claim(executionId);
    if (claimed !== undefined) await this.#finish(claimed, cancelled(cancel));
  }

  /** Ends an execution that cannot be run, as it was asked to end or as failed. One that is finished is left alone. @throws {DispatchError} `EXECUTION_NOT_FOUND`. */
  async fail(executionId: string, error: ErrorRecord): Promise<void> {
    const claimed = await this.executions.claim(executionId);
    if (claimed === undefined) return;
    const { cancel } = claimed.stored;
    await this.#finish(claimed, cancel === null ? { kind: 'failed', error } : cancelled(cancel));
  }

  /** Ends the run in time, counted from the first start of the execution. */
  #limitTime(timeoutMs: number, endsAt: number, control: RunControl): Timer | undefined {
    const leftMs = Math.min(endsAt - this.clock.now(), timeoutMs);
    const expire = (): void =>
      control.abort(new AbortedError('timeout', `the execution timed out after ${timeoutMs} ms`));
    if (leftMs > 0) return this.clock.setTimer(expire, leftMs, { ref: true });
    // Recovered too late: no step may begin, and a timer of 0 ms would let some.
    expire();
    return undefined;
  }

  #conclude(claimed: ClaimedExecution, ending: Ending): Promise<void> {
    const kind = ending.kind === 'aborted' ? ending.reason.kind : undefined;
    if (ending.kind !== 'aborted' || (kind !== 'shutdown' && kind !== 'lost-lease')) {
      return this.#finish(claimed, ending);
    }
    return leaveToOthers(claimed, ending.reason);
  }

  /** A document that was accepted and no longer compiles fails its execution: trying again would find the same. */
  async #restore({ definition }: StoredExecution, signal: AbortSignal): Promise<CompiledWorkflow | Ending> {
    try {
      return await this.compiler.restore(definition.workflow, signal);
    } catch (error) {
      if (error instanceof ValidationError)
        return { kind: 'failed', error: toErrorRecord(error, error.code) };
      if (signal.aborted) return { kind: 'aborted', reason: abortReason(signal) };
      throw error;
    }
  }

  #noteStart({ stored, journal }: ClaimedExecution, workflow: CompiledWorkflow): void {
    const { facts, state } = stored;
    const { executionId, workflowId } = facts;
    const recovered = state.status === 'running';
    const strategy = strategyFor(workflow.document.mode ?? this.options.mode);
    const waitedMs = Math.max(0, this.clock.now() - Date.parse(state.queuedAt));
    const startedAt = state.startedAt ?? this.clock.timestamp();
    stored.state = { ...state, status: 'running', strategy, startedAt };
    journal.noteState(stored.state, {
      type: 'execution.started',
      data: { executionId, workflowId, strategy, waitedMs, recovered },
    });
  }

  #finish(claimed: ClaimedExecution, ending: Ending): Promise<void> {
    const { stored, journal, claim } = claimed;
    const { facts, state } = stored;
    const finishedAt = this.clock.timestamp();
    const end = executionEnd(facts, state, ending, finishedAt);
    if (ending.kind !== 'completed') cancelBegun(claimed, end, finishedAt);
    const { status, output, error } = end.change;
    journal.noteState({ ...state, status, output, error, finishedAt, endedClaim: claim }, end.event);
    return journal.flush();
  }
}

/** @throws the reason, always. */
async function leaveToOthers(
  { stored, journal, claim }: ClaimedExecution,
  reason: AbortedError,
): Promise<never> {
  // What was completed before a shutdown is kept; a successor goes on from there.
  if (reason.kind === 'shutdown') {
    journal.noteStateAlone({ ...stored.state, endedClaim: claim });
    await journal.flush();
  }
  throw reason;
}

/** Steps that an earlier worker had begun, and this one did not come to. */
function cancelBegun({ stored, journal }: ClaimedExecution, end: ExecutionEnd, finishedAt: string): void {
  const { executionId, workflowId } = stored.facts;
  for (const [stepId, record] of Object.entries(stored.steps)) {
    if (record.status !== 'running') continue;
    const { message } = end.change.error ?? { message: 'the execution has ended' };
    const error = { code: 'CANCELLED', message, retryable: false };
    const cancelled: StepRecord = { ...record, status: 'cancelled', finishedAt, error };
    const { capability = '' } = stored.definition.workflow.steps.find(({ id }) => id === stepId) ?? {};
    const data = { executionId, workflowId, stepId, capability, attempt: record.attempts };
    journal.noteStep(stepId, cancelled, { type: 'step.cancelled', data });
  }
}

function poisoned(deaths: number): Ending {
  const code: DispatchErrorCode = 'POISONED';
  const message = `${deaths} workers in a row were lost while they ran it`;
  return { kind: 'failed', error: { code, message, retryable: false, details: { recoveries: deaths } } };
}

function cancelled({ reason }: CancelRequest): Ending {
  return { kind: 'aborted', reason: cancelReason(reason) };
}

/** What a cancel aborts with. */
export function cancelReason(reason: string | null): AbortedError {
  const message = reason === null ? 'the execution was cancelled' : `the execution was cancelled: ${reason}`;
  return new AbortedError('cancel', message);
}
