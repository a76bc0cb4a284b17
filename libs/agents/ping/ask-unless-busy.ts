import { AbortedError, Deadline, untilAborted, type Clock, type Timer } from '#core';

/** How often it is looked whether an agent that has not answered a ping is at work. */
export const LOOK_EVERY_MS = 200;

export interface AskOptions {
  clock: Clock;
  signal: AbortSignal;
  /** Whether tasks keep the agent from answering, as far as can be told. */
  isBusy: () => boolean;
}

/**
 * Resolves when the agent has answered, or is busy: a long task, on a thread or a server that does one thing after the
 * other, is no illness. Its task is bounded by its own timeout, and the end of the thread or the connection would be known.
 * @param ask gets a signal that aborts when no answer is waited for any more.
 * @throws what the agent answers; the signal's reason.
 */
export async function askUnlessBusy(
  ask: (signal: AbortSignal) => Promise<unknown>,
  { clock, signal, isBusy }: AskOptions,
): Promise<void> {
  signal.throwIfAborted();
  using asking = new Deadline({ clock, parent: signal, what: 'a ping' });
  const atWork = new AbortedError('cancel', 'the agent is at work');
  let look: Timer | undefined;
  const lookLater = (): void => {
    look = clock.setTimer(() => (isBusy() ? asking.abort(atWork) : lookLater()), LOOK_EVERY_MS);
  };
  lookLater();
  try {
    await untilAborted(ask(asking.signal), asking.signal);
  } catch (error) {
    if (asking.signal.reason !== atWork) throw error;
  } finally {
    look?.cancel();
  }
}
