import { setMaxListeners } from 'node:events';
import { AbortedError, abortReason, jsonProblems, toErrorRecord, type Clock } from '#core';
import type { CompiledStep, CompiledWorkflow } from '../document/compiled-workflow.js';
import type { ExecutionJournal } from '../execution/execution-journal.js';
import type { ClaimedExecution } from '../execution/execution-store.js';
import type { StepRecord } from '../execution/execution.js';
import type { ExecutionFacts } from '../execution/stored-execution.js';
import type { ExpressionScope } from '../expressions/expression-scope.js';
import { ExpressionError } from '../expressions/expression.errors.js';
import { stepFailure, type Ending } from './execution-end.js';
import { RunProgress } from './run-progress.js';
import { StepAttempts } from './step-attempts.js';
import { runStepGraph } from './step-graph.js';
import type { RunContext } from './run-context.js';
import type { RunControl } from './run-control.js';
import type { StepRunner } from './step-runner.js';

export interface WorkflowRunOptions {
  claimed: ClaimedExecution;
  workflow: CompiledWorkflow;
  control: RunControl;
  /** When the execution times out; ms since the epoch. */
  endsAt: number;
  clock: Clock;
  stepRunner: StepRunner;
  /** Steps at once. */
  concurrency: number;
  expressionTimeoutMs: number;
}

const DONE: Promise<void> = Promise.resolve();

/** The steps of one run of an execution, and what they share. */
export class WorkflowRun implements RunContext {
  readonly facts: ExecutionFacts;
  readonly journal: ExecutionJournal;
  readonly signal: AbortSignal;
  readonly endsAt: number;
  readonly scope: ExpressionScope;
  readonly steps: Record<string, StepRecord>;
  readonly #options: WorkflowRunOptions;
  readonly #progress: RunProgress;
  /** Steps that were ready when workers were lost; see {@link mayHaveBegun}. */
  #suspects: ReadonlySet<CompiledStep> | undefined;

  constructor(options: WorkflowRunOptions) {
    const { stored, journal } = options.claimed;
    const { facts, definition, state, steps } = stored;
    const { executionId, workflowId, priority, submittedAt } = facts;
    const { metadata } = definition.workflow;
    this.#options = options;
    this.facts = facts;
    this.journal = journal;
    this.signal = options.control.signal;
    this.endsAt = options.endsAt;
    this.steps = steps;
    this.scope = {
      input: definition.input,
      steps: {},
      execution: { executionId, workflowId, priority, submittedAt, startedAt: state.startedAt, metadata },
    };
    this.#progress = new RunProgress(options.workflow.steps, this.scope);
    // Every step under way listens; Node would take the eleventh for a leak and warn.
    if (options.workflow.steps.length > 1) setMaxListeners(0, this.signal);
    this.journal.onFailure = (error) => options.control.abort(refused(error));
  }

  /** Runs the steps that are left. @throws what the store refused a commit with. */
  async end(): Promise<Ending> {
    const { signal, journal } = this;
    const { workflow, concurrency } = this.#options;
    const progress = this.#progress;
    for (const step of workflow.steps) progress.restore(step, this.steps[step.id]);
    if (this.#options.claimed.lostWorkers > 0)
      this.#suspects = new Set(workflow.steps.filter((step) => progress.isReady(step)));
    try {
      if (progress.failure !== undefined) return stepFailure(progress.failure);
      journal.flushSoon();
      await runStepGraph({
        steps: workflow.steps,
        concurrency,
        signal,
        isDone: (step) => progress.isSettled(step),
        run: (step) => this.#runStep(step),
      });
      return this.#completed();
    } catch (error) {
      // Nothing can be written any more, whatever else went wrong.
      if (journal.failure !== undefined) throw journal.failure.error;
      if (progress.failure !== undefined) return stepFailure(progress.failure);
      if (signal.aborted) return { kind: 'aborted', reason: abortReason(signal) };
      if (error instanceof ExpressionError)
        return { kind: 'failed', error: toErrorRecord(error, error.code) };
      throw error;
    }
  }

  mayHaveBegun(step: CompiledStep): boolean {
    return this.#suspects?.has(step) === true && this.steps[step.id] === undefined;
  }

  #runStep(step: CompiledStep): Promise<void> {
    const { clock, stepRunner } = this.#options;
    if (this.#progress.isDropped(step)) {
      return this.#settle(step, new StepAttempts(step, this, clock).skip('dependency'));
    }
    return stepRunner.run(step, this).then((record) => this.#settle(step, record));
  }

  /** Resolves when what comes after the step may rely on it: once it is on record; the last one is committed with the end. */
  #settle(step: CompiledStep, record: StepRecord): Promise<void> {
    const progress = this.#progress;
    progress.settle(step, record);
    if (progress.failure === undefined) return progress.allSettled ? DONE : this.journal.flush();
    const { control } = this.#options;
    control.abort(new AbortedError('cancel', `step "${progress.failure.stepId}" failed`));
    return DONE;
  }

  /** How it ends when every step has. @throws {ExpressionError} also for an output too deep to be stored. */
  #completed(): Ending {
    const { workflow, expressionTimeoutMs: timeoutMs } = this.#options;
    const { failure } = this.#progress;
    if (failure !== undefined) return stepFailure(failure);
    const template = workflow.output;
    if (template === undefined) return { kind: 'completed', output: null };
    const output = template.evaluate(this.scope, { timeoutMs });
    const [problem] = template.isConstant ? [] : jsonProblems({ output });
    if (problem !== undefined) throw new ExpressionError('output', `${problem.path}: ${problem.message}`);
    return { kind: 'completed', output };
  }
}

/** A run whose commits are refused has no right to go on; a store that cannot be reached may let it, later. */
function refused(error: unknown): AbortedError {
  const { message, retryable } = toErrorRecord(error, 'INTERNAL_ERROR');
  return new AbortedError('lost-lease', `the state store refused a commit: ${message}`, {
    cause: error,
    retryable,
  });
}
