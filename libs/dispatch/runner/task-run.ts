import { AbortedError, abortReason, toErrorRecord, type Clock, type Timer } from '#core';
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
  const { clock, abortGraceMs, signal, taskSignal } = options;
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
      stopWatching();
      lease.release({ ok, durationMs: clock.monotonic() - startedAt, error });
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
