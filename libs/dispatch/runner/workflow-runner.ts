import { Inject, Injectable } from '@nestjs/common';
import {
  AbortedError,
  Clock,
  Deadline,
  ValidationError,
  abortReason,
  jsonProblems,
  toErrorRecord,
  turnOver,
  type ErrorRecord,
  type JsonValue,
} from '#core';
import type { DispatchOptions } from '../dispatch.options.js';
import { DISPATCH_OPTIONS } from '../dispatch.tokens.js';
import type { CompiledStep, CompiledWorkflow } from '../document/compiled-workflow.js';
import { WorkflowCompiler } from '../document/workflow-compiler.js';
import type { PlannedEvent } from '../execution/execution-event.js';
import type { ExecutionJournal } from '../execution/execution-journal.js';
import { ExecutionStore, type ClaimedExecution } from '../execution/execution-store.js';
import { isFinished, type StepRecord } from '../execution/execution.js';
import { stepField, type CancelRequest, type StoredExecution } from '../execution/stored-execution.js';
import type { ExpressionScope } from '../expressions/expression-scope.js';
import { ExpressionError } from '../expressions/expression.errors.js';
import { executionEnd, stepFailure, type Ending, type ExecutionEnd } from './execution-end.js';
import { RunProgress } from './run-progress.js';
import type { RunContext } from './run-context.js';
import { runStepGraph } from './step-graph.js';
import { StepAttempts } from './step-attempts.js';
import { StepRunner } from './step-runner.js';
import { stepConcurrency, strategyFor } from './strategy.js';

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
   * Steps that an earlier run completed are not run again. An execution that is finished or gone is left alone.
   *
   * @param signal aborts with `cancel` (the execution ends `cancelled`), `shutdown` or `lost-lease` (it stays
   *   `running`, for another worker).
   * @throws the signal's reason after a shutdown or a lost lease; {StateError} when the store refuses a commit.
   */
  async run(executionId: string, signal: AbortSignal): Promise<void> {
    const pause = turnOver();
    if (pause !== undefined) await pause;
    const claimed = await this.executions.claim(executionId);
    if (claimed === undefined) return;
    const { stored, journal } = claimed;
    if (stored.cancel !== null) return this.#finish(claimed, cancelled(stored.cancel));
    const workflow = await this.#restore(stored, signal);
    if ('kind' in workflow) return this.#conclude(claimed, workflow);
    this.#noteStart(stored, journal, workflow);
    const endsAt = Date.parse(stored.state.startedAt ?? this.clock.timestamp()) + stored.facts.timeoutMs;
    const deadline = this.#deadline(stored.facts.timeoutMs, endsAt, signal);
    try {
      const ending = await this.#runSteps(claimed, workflow, deadline, endsAt);
      await this.#conclude(claimed, ending);
    } finally {
      deadline.dispose();
    }
  }

  /** Ends an execution that nobody runs, and that is asked to be cancelled; any other is left alone. */
  async cancel(executionId: string): Promise<void> {
    const { state, cancel } = await this.executions.loadSummary(executionId);
    if (isFinished(state.status) || cancel === null) return;
    const claimed = await this.executions.claim(executionId);
    if (claimed !== undefined) await this.#finish(claimed, cancelled(cancel));
  }

  /** Ends an execution that cannot be run, as it was asked to end or as failed. One that is finished or gone is left alone. */
  async fail(executionId: string, error: ErrorRecord): Promise<void> {
    const claimed = await this.executions.claim(executionId);
    if (claimed === undefined) return;
    const { cancel } = claimed.stored;
    await this.#finish(claimed, cancel === null ? { kind: 'failed', error } : cancelled(cancel));
  }

  /** What ends the run in time, counted from the first start of the execution. */
  #deadline(timeoutMs: number, endsAt: number, parent: AbortSignal): Deadline {
    const what = 'the execution';
    const leftMs = Math.min(endsAt - this.clock.now(), timeoutMs);
    const deadline = new Deadline({ clock: this.clock, parent, timeoutMs: leftMs, what, ref: true });
    // Recovered too late: no step may begin, and a timer of 0 ms would let some.
    if (leftMs <= 0) deadline.abort(new AbortedError('timeout', `${what} timed out after ${timeoutMs} ms`));
    return deadline;
  }

  async #conclude(claimed: ClaimedExecution, ending: Ending): Promise<void> {
    const kind = ending.kind === 'aborted' ? ending.reason.kind : undefined;
    if (ending.kind !== 'aborted' || (kind !== 'shutdown' && kind !== 'lost-lease')) {
      return this.#finish(claimed, ending);
    }
    // What was completed before a shutdown is kept; a successor goes on from there.
    if (kind === 'shutdown') await claimed.journal.flush();
    throw ending.reason;
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

  #noteStart(stored: StoredExecution, journal: ExecutionJournal, workflow: CompiledWorkflow): void {
    const { facts, state } = stored;
    const recovered = state.status === 'running';
    const strategy = strategyFor(workflow.document.mode ?? this.options.mode);
    const started: PlannedEvent = {
      type: 'execution.started',
      data: {
        executionId: facts.executionId,
        workflowId: facts.workflowId,
        strategy,
        waitedMs: Math.max(0, this.clock.now() - Date.parse(state.queuedAt)),
        recovered,
      },
    };
    const from = state.status;
    stored.state = {
      ...state,
      status: 'running',
      strategy,
      startedAt: state.startedAt ?? this.clock.timestamp(),
    };
    this.executions.noteState(journal, facts, from, stored.state, started);
  }

  async #runSteps(
    { stored, journal }: ClaimedExecution,
    workflow: CompiledWorkflow,
    deadline: Deadline,
    endsAt: number,
  ): Promise<Ending> {
    const { steps } = workflow;
    const run = this.#runContext(stored, journal, deadline, endsAt);
    const progress = new RunProgress(steps, run.scope);
    for (const step of steps) {
      const earlier = stored.steps.get(step.id);
      if (earlier !== undefined) progress.restore(step, earlier);
    }
    try {
      if (progress.failure !== undefined) return stepFailure(progress.failure);
      run.flushSoon();
      await runStepGraph({
        steps,
        concurrency: stepConcurrency(
          stored.state.strategy ?? 'sequential-safe',
          this.options.maxConcurrentSteps,
        ),
        signal: deadline.signal,
        isDone: (step) => progress.isSettled(step),
        run: (step) => this.#runStep(step, run, progress, deadline),
      });
      return this.#endingOf(workflow, progress, run.scope);
    } catch (error) {
      // Nothing can be written any more, whatever else went wrong.
      if (journal.failure !== undefined) throw journal.failure.error;
      if (progress.failure !== undefined) return stepFailure(progress.failure);
      if (deadline.signal.aborted) return { kind: 'aborted', reason: abortReason(deadline.signal) };
      if (error instanceof ExpressionError) {
        return { kind: 'failed', error: toErrorRecord(error, error.code) };
      }
      throw error;
    }
  }

  /** Of a run whose every step has ended. @throws {ExpressionError} also for an output too deep to be stored. */
  #endingOf(
    { output: template }: CompiledWorkflow,
    { failure }: RunProgress,
    scope: ExpressionScope,
  ): Ending {
    if (failure !== undefined) return stepFailure(failure);
    if (template === undefined) return { kind: 'completed', output: null };
    const output = template.evaluate(scope, { timeoutMs: this.options.expressionTimeoutMs });
    const [problem] = template.isConstant ? [] : jsonProblems({ output });
    if (problem !== undefined) throw new ExpressionError('output', `${problem.path}: ${problem.message}`);
    return { kind: 'completed', output };
  }

  async #runStep(
    step: CompiledStep,
    run: RunContext,
    progress: RunProgress,
    deadline: Deadline,
  ): Promise<void> {
    const record = progress.isDropped(step)
      ? new StepAttempts(step, run, this.clock).skip('dependency')
      : await this.stepRunner.run(step, run);
    progress.settle(step, record);
    if (progress.failure !== undefined) {
      deadline.abort(new AbortedError('cancel', `step "${progress.failure.stepId}" failed`));
    } else if (!progress.allSettled) {
      // What comes after a step may rely on it only once it is on record; the last one is committed with the end.
      await run.flush();
    }
  }

  #runContext(
    stored: StoredExecution,
    journal: ExecutionJournal,
    deadline: Deadline,
    endsAt: number,
  ): RunContext {
    const { facts, definition, state, steps } = stored;
    const { metadata } = definition.workflow;
    const { executionId, workflowId, priority, submittedAt } = facts;
    const flush = (): Promise<void> =>
      journal.flush().catch((error: unknown) => {
        deadline.abort(refused(error));
        throw error;
      });
    return {
      facts,
      journal,
      signal: deadline.signal,
      endsAt,
      scope: {
        input: definition.input,
        steps: {},
        execution: { executionId, workflowId, priority, submittedAt, startedAt: state.startedAt, metadata },
      },
      steps,
      flush,
      flushSoon: () => void flush().catch(() => undefined),
    };
  }

  async #finish({ stored, journal }: ClaimedExecution, ending: Ending): Promise<void> {
    const { facts, state } = stored;
    const finishedAt = this.clock.timestamp();
    const end = executionEnd(facts, state, ending, finishedAt);
    this.#cancelBegun(stored, journal, end, finishedAt);
    this.executions.noteState(
      journal,
      facts,
      state.status,
      { ...state, ...end.change, finishedAt },
      end.event,
    );
    await journal.flush();
  }

  /** Steps that an earlier worker had begun, and this one did not come to. */
  #cancelBegun(
    stored: StoredExecution,
    journal: ExecutionJournal,
    end: ExecutionEnd,
    finishedAt: string,
  ): void {
    const { executionId, workflowId } = stored.facts;
    for (const [stepId, record] of stored.steps) {
      if (record.status !== 'running') continue;
      const { message } = end.change.error ?? { message: 'the execution has ended' };
      const error = { code: 'CANCELLED', message, retryable: false };
      const cancelled: StepRecord = { ...record, status: 'cancelled', finishedAt, error };
      const { capability = '' } = stored.definition.workflow.steps.find(({ id }) => id === stepId) ?? {};
      const data = { executionId, workflowId, stepId, capability, attempt: record.attempts };
      journal.note({
        fields: { [stepField(stepId)]: cancelled as unknown as JsonValue },
        event: { type: 'step.cancelled', data },
      });
    }
  }
}

function cancelled({ reason }: CancelRequest): Ending {
  return { kind: 'aborted', reason: cancelReason(reason) };
}

/** What a cancel aborts with. */
export function cancelReason(reason: string | null): AbortedError {
  const message = reason === null ? 'the execution was cancelled' : `the execution was cancelled: ${reason}`;
  return new AbortedError('cancel', message);
}

/** A run whose commits are refused has no right to go on; a store that cannot be reached may let it, later. */
function refused(error: unknown): AbortedError {
  const { message, retryable } = toErrorRecord(error, 'INTERNAL_ERROR');
  return new AbortedError('lost-lease', `the state store refused a commit: ${message}`, {
    cause: error,
    retryable,
  });
}
