import { turnOver } from './turn-budget.js';

/** Work that may be interrupted wherever it yields. It yields nothing; what it returns is its result. */
export type Work<T> = Generator<undefined, T, undefined>;

/** Does all of it now, for callers that cannot wait. @throws what the work throws. */
export function runAtOnce<T>(work: Work<T>): T {
  for (;;) {
    const { done, value } = work.next();
    if (done === true) return value;
  }
}

/**
 * Does it in turns with whatever else goes on in this process; see `turnOver`.
 * @param signal ends it before the first piece, or between two.
 * @throws what the work throws; the signal's reason.
 */
export async function runInTurns<T>(work: Work<T>, signal?: AbortSignal): Promise<T> {
  signal?.throwIfAborted();
  for (;;) {
    const pause = turnOver();
    if (pause !== undefined) {
      await pause;
      signal?.throwIfAborted();
    }
    const { done, value } = work.next();
    if (done === true) return value;
  }
}
