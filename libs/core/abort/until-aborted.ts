import { onAbort } from './on-abort.js';

/**
 * Settles as `work` does, or rejects with the signal's reason at the moment of its abort, whichever is first.
 * The listener is removed either way; a late rejection of `work` is swallowed.
 */
export function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const leave = onAbort(signal, () => reject(signal.reason));
    work.then(
      (value) => {
        leave();
        resolve(value);
      },
      (error: unknown) => {
        leave();
        reject(error);
      },
    );
    if (signal.aborted) reject(signal.reason);
  });
}
