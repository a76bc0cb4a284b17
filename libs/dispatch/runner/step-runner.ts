import { Inject, Injectable } from '@nestjs/common';
import {
  Clock,
  Deadline,
  abortReason,
  jsonProblems,
  jsonSnapshot,
  retryAfter,
  turnOver,
  type JsonValue,
  type RetryPolicy,
} from '#core';
import { AgentPool, type Lease } from '#agent-pool';
import { DispatchError } from '../dispatch.errors.js';
import type { DispatchOptions } from '../dispatch.options.js';
import { DISPATCH_OPTIONS } from '../dispatch.tokens.js';
import type { CompiledStep } from '../document/compiled-workflow.js';
import type { StepRecord } from '../execution/execution.js';
import { ExpressionError } from '../expressions/expression.errors.js';
import type { RunContext } from './run-context.js';
import { StepAttempts } from './step-attempts.js';
import { stepError } from './step-error.js';
import { runTask } from './task-run.js';
import { taskContext } from './task-context.js';
import { TaskSignal } from './task-signal.js';

/** Runs one step to its end: `when`, input, then attempts on leased agents, with back-off between them. */
@Injectable()
export class StepRunner {
  constructor(
    private readonly pool: AgentPool,
    private readonly clock: Clock,
    @Inject(DISPATCH_OPTIONS) private readonly options: DispatchOptions,
  ) {}

  /**
   * The step's final record, noted in the journal but not yet flushed.
   * @throws the signal's reason when the run is stopped; the step is then noted as `cancelled`, if it had begun.
   */
  async run(step: CompiledStep, run: RunContext): Promise<StepRecord> {
    const attempts = new StepAttempts(step, run, this.clock);
    try {
      if (!this.#isWanted(step, run)) return attempts.skip('when');
      const input = inputOf(step, step.input.evaluate(run.scope, this.#limits));
      // Expressions block the loop; those of many steps in a row would keep timers, sockets and the abort from their turn.
      const pause = turnOver();
      if (pause !== undefined) await pause;
      const output = await this.#attempts(step, input, attempts, run);
      return attempts.complete(output);
    } catch (error) {
      if (run.signal.aborted) {
        attempts.cancel(abortReason(run.signal));
        throw abortReason(run.signal);
      }
      return attempts.fail(stepError(error));
    }
  }

  async #attempts(
    step: CompiledStep,
    input: JsonValue,
    attempts: StepAttempts,
    run: RunContext,
  ): Promise<JsonValue> {
    // It may go on from the attempts of an earlier worker.
    const policy = remaining(step.retry, attempts.count);
    try {
      run.signal.throwIfAborted();
      return await this.#attempt(step, input, attempts, run);
    } catch (firstError) {
      return retryAfter(firstError, () => this.#attempt(step, input, attempts, run), {
        clock: this.clock,
        policy,
        signal: run.signal,
        onRetry: (error, _attempt, delayMs) => attempts.retrying(stepError(error), delayMs),
        timeLeftMs: () => run.endsAt - this.clock.now(),
        ref: true,
      });
    }
  }

  /** @throws {ExpressionError} for a `when` that is neither true nor false: skipping by mistake would go unseen. */
  #isWanted({ when }: CompiledStep, { scope }: RunContext): boolean {
    if (when === undefined) return true;
    const wanted = when.evaluate(scope, this.#limits) ?? false;
    if (typeof wanted === 'boolean') return wanted;
    throw new ExpressionError(when.source, 'a `when` must be true or false');
  }

  get #limits(): { timeoutMs: number } {
    return { timeoutMs: this.options.expressionTimeoutMs };
  }

  async #attempt(
    step: CompiledStep,
    input: JsonValue,
    attempts: StepAttempts,
    run: RunContext,
  ): Promise<JsonValue> {
    const { executionId, traceparent, priority } = run.facts;
    const lease = await this.pool.lease(step.capability, { signal: run.signal, priority });
    giveBackIfAborted(lease, run.signal);
    // A step without a time of its own needs no signal of its own: an execution of many steps makes one controller.
    const deadline =
      step.timeoutMs === undefined
        ? undefined
        : new Deadline({
            clock: this.clock,
            parent: run.signal,
            timeoutMs: step.timeoutMs,
            what: `step "${step.id}"`,
            ref: true,
          });
    const signal = deadline?.signal ?? run.signal;
    const endsAt =
      step.timeoutMs === undefined ? run.endsAt : Math.min(this.clock.now() + step.timeoutMs, run.endsAt);
    const taskSignal = new TaskSignal();
    const attempt = attempts.start(lease.agentId);
    try {
      const output = await runTask(
        lease,
        { executionId, stepId: step.id, attempt, capability: step.capability, input },
        taskContext({
          signal: taskSignal,
          idempotencyKey: `${executionId}:${step.id}`,
          endsAt,
          traceparent,
          progress: (report) => attempts.progress(attempt, report),
        }),
        {
          clock: this.clock,
          abortGraceMs: this.options.abortGraceMs,
          signal,
          taskSignal,
          execution: run.signal,
        },
      );
      return toJson(output);
    } catch (error) {
      if (deadline?.signal.aborted !== true || run.signal.aborted) throw error;
      const { message, details } = abortReason(deadline.signal);
      throw new DispatchError('STEP_TIMEOUT', message, { retryable: true, details, cause: error });
    } finally {
      deadline?.dispose();
    }
  }
}

/** What is left of a policy after the attempts of earlier workers; one more there always is. */
function remaining(policy: RetryPolicy, attempts: number): RetryPolicy {
  return attempts === 0 ? policy : { ...policy, maxAttempts: Math.max(1, policy.maxAttempts - attempts) };
}

/** Frozen, so that each attempt begins with the same, whatever an agent does to what it is given. */
function inputOf({ input }: CompiledStep, value: JsonValue): JsonValue {
  return input.isConstant ? value : (jsonSnapshot(value) ?? value);
}

/** A lease that was granted before the abort, when nobody was here yet to notice. @throws the signal's reason. */
function giveBackIfAborted(lease: Lease, signal: AbortSignal): void {
  if (!signal.aborted) return;
  lease.release({ ok: true, durationMs: 0, agentOutcome: 'unknown' });
  throw abortReason(signal);
}

/** A snapshot, for the agent may go on with what it gave. @throws {DispatchError} `STEP_OUTPUT_INVALID`. Undefined counts as null. */
function toJson(output: unknown): JsonValue {
  if (output === undefined) return null;
  // As it stands in the step's record, for that is what has to be stored.
  const snapshot = jsonSnapshot({ output }) as { output: JsonValue } | undefined;
  if (snapshot !== undefined) return snapshot.output;
  const problems = jsonProblems({ output });
  const [first] = problems;
  throw new DispatchError(
    'STEP_OUTPUT_INVALID',
    `the agent's output is not JSON: ${first?.path}: ${first?.message}`,
    {
      details: { problems },
    },
  );
}
