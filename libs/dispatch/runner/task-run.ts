import { abortReason, toErrorRecord, type Clock, type Timer } from '#core';
import type { AgentContext, AgentTask, Lease } from '#agent-pool';

export interface TaskRunOptions {
  clock: Clock;
  /** How long the task may ignore its aborted signal before it is given up. */
  abortGraceMs: number;
}

/**
 * Runs one task on a leased agent and ends the lease, whatever happens.
 *
 * Once `context.signal` has aborted, the task has `abortGraceMs` to settle; then its agent is given up and whatever the
 * task does later changes nothing. A result that comes in time after an abort is dropped, but for a shutdown's: that
 * work is done, and throwing it away would only have it done again.
 *
 * @param context its signal has not aborted yet.
 * @throws what the agent threw; the signal's reason, when it was aborted.
 */
export function runTask(
  lease: Lease,
  task: AgentTask,
  context: AgentContext,
  options: TaskRunOptions,
): Promise<unknown> {
  const { clock, abortGraceMs } = options;
  const { signal } = context;
  const startedAt = clock.monotonic();
  return new Promise((resolve, reject) => {
    let grace: Timer | undefined;
    const onAbort = (): void => {
      grace = clock.setTimer(giveUp, abortGraceMs, { ref: true });
    };
    const giveUp = (): void => {
      signal.removeEventListener('abort', onAbort);
      lease.abandon(toErrorRecord(abortReason(signal), 'CANCELLED'));
      reject(abortReason(signal));
    };
    const settle = (ok: boolean): void => {
      signal.removeEventListener('abort', onAbort);
      grace?.cancel();
      lease.release({ ok, durationMs: clock.monotonic() - startedAt });
    };
    signal.addEventListener('abort', onAbort);
    execute(lease, task, context).then(
      (output) => {
        settle(true);
        if (signal.aborted && abortReason(signal).kind !== 'shutdown') reject(abortReason(signal));
        else resolve(output);
      },
      (error: unknown) => {
        settle(false);
        reject(signal.aborted ? abortReason(signal) : (error as Error));
      },
    );
  });
}

/** An agent may throw, or answer, without a promise. */
function execute(lease: Lease, task: AgentTask, context: AgentContext): Promise<unknown> {
  try {
    return Promise.resolve(lease.execute(task, context));
  } catch (error) {
    return Promise.reject(error);
  }
}
