import {
  AbortedError,
  abortReason,
  isRetryable,
  toErrorRecord,
  type BreakerOutcome,
  type Clock,
  type Timer,
} from '#core';
import type { AgentContext, AgentLostError, AgentTask, Lease } from '#agent-pool';
import type { TaskSignal } from './task-signal.js';

export interface TaskRunOptions {
  clock: Clock;
  /** How long the task may ignore its aborted signal before it is given up. */
  abortGraceMs: number;
  /** Aborts when the attempt must stop, whatever becomes of its agent. Has not aborted yet. */
  signal: AbortSignal;
  /** What `context.signal` comes from: aborts with `signal`, and when the agent is lost. */
  taskSignal: TaskSignal;
  /** Of the execution: a task that this one ended says nothing of its agent. */
  execution: AbortSignal;
}

/**
 * Runs one task on a leased agent and ends the lease, whatever happens.
 *
 * Once the attempt is aborted, the task has `abortGraceMs` to settle; then its agent is given up and whatever the task
 * does later changes nothing. So it is at once when the agent is lost; the signal aborts then too, for what is left of
 * the task. A result that comes in time after an abort is dropped, but for a shutdown's: that
 * work is done, and throwing it away would only have it done again.
 *
 * @throws what the agent threw; the signal's reason, when it was aborted; {AgentLostError}.
 */
export function runTask(
  lease: Lease,
  task: AgentTask,
  context: AgentContext,
  options: TaskRunOptions,
): Promise<unknown> {
  const { clock, abortGraceMs, signal, taskSignal, execution } = options;
  const startedAt = clock.monotonic();
  return new Promise((resolve, reject) => {
    let grace: Timer | undefined;
    const onAbort = (): void => {
      grace = clock.setTimer(giveUp, abortGraceMs, { ref: true });
      taskSignal.abort(signal.reason as Error);
    };
    const giveUp = (): void => {
      stopWatching();
      lease.abandon(toErrorRecord(abortReason(signal), 'CANCELLED'));
      reject(abortReason(signal));
    };
    const stopWatching = (): void => {
      signal.removeEventListener('abort', onAbort);
      grace?.cancel();
    };
    const settle = (ok: boolean, error?: unknown): void => {
      const agentOutcome = signal.aborted ? abortOutcome(execution) : outcomeOf(ok, error);
      stopWatching();
      lease.release({ ok, durationMs: clock.monotonic() - startedAt, error, agentOutcome });
    };
    const onLost = (error: AgentLostError): void => {
      stopWatching();
      taskSignal.abort(new AbortedError('lost-lease', error.message, { cause: error }));
      reject(signal.aborted ? abortReason(signal) : error);
    };
    signal.addEventListener('abort', onAbort);
    execute(lease, task, context, onLost).then(
      (output) => {
        settle(true);
        if (signal.aborted && abortReason(signal).kind !== 'shutdown') reject(abortReason(signal));
        else resolve(output);
      },
      (error: unknown) => {
        settle(false, error);
        reject(signal.aborted ? abortReason(signal) : (error as Error));
      },
    );
  });
}

/** An error that is not retryable is the task's: the agent did well to refuse it. */
function outcomeOf(ok: boolean, error: unknown): BreakerOutcome {
  return ok || !isRetryable(error) ? 'success' : 'failure';
}

/** The time of its step is for the agent to keep; that of the execution went by elsewhere, and a cancel is nobody's fault. */
function abortOutcome(execution: AbortSignal): BreakerOutcome {
  return execution.aborted ? 'unknown' : 'failure';
}

/** An agent may throw, or answer, without a promise. */
function execute(
  lease: Lease,
  task: AgentTask,
  context: AgentContext,
  onLost: (error: AgentLostError) => void,
): Promise<unknown> {
  try {
    return Promise.resolve(lease.execute(task, context, onLost));
  } catch (error) {
    return Promise.reject(error);
  }
}
