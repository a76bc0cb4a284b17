import { SystemClock } from '#core';
import { TestingError } from './testing.errors.js';

/** Below the 5 s that Jest and Vitest give a test, so that the error that tells more comes first. */
export const DEFAULT_WAIT_MS = 4_000;

/** Waits at once; more is taken for a leak. */
const MAX_WAITS = 1_000;

export interface WaitLimit {
  /** How long to wait, ms of real time whatever the clock of the orchestra. Default: 4,000. */
  timeoutMs?: number;
}

interface Wait {
  look(): void;
  fail(error: Error): void;
}

/** Those who wait for something to be there. They look again whenever it may have come; nothing is polled. */
export class Waits {
  // A manual clock stands still while a test waits for what never comes.
  readonly #clock = new SystemClock();
  readonly #waiting = new Set<Wait>();

  /**
   * What `find` finds, as soon as it does.
   * @param missing what to say when it does not.
   * @throws {TestingError} `WAIT_TIMEOUT`, `ORCHESTRA_CLOSED`; what `find` throws.
   */
  async until<T extends object>(
    find: () => T | undefined,
    missing: () => string,
    { timeoutMs = DEFAULT_WAIT_MS }: WaitLimit = {},
  ): Promise<T> {
    const found = find();
    if (found !== undefined) return found;
    if (this.#waiting.size >= MAX_WAITS) throw new RangeError(`more than ${MAX_WAITS} waits`);
    return new Promise<T>((resolve, reject) => {
      const timer = this.#clock.setTimer(
        () => wait.fail(new TestingError('WAIT_TIMEOUT', `not within ${timeoutMs} ms: ${missing()}`)),
        timeoutMs,
        { ref: true },
      );
      const leave = (): void => {
        timer.cancel();
        this.#waiting.delete(wait);
      };
      const wait: Wait = {
        look: () => {
          const value = find();
          if (value === undefined) return;
          leave();
          resolve(value);
        },
        fail: (error) => {
          leave();
          reject(error);
        },
      };
      this.#waiting.add(wait);
    });
  }

  /** To be called when what is waited for may have come. */
  changed(): void {
    for (const wait of [...this.#waiting]) {
      try {
        wait.look();
      } catch (error) {
        wait.fail(error as Error);
      }
    }
  }

  close(): void {
    for (const wait of [...this.#waiting])
      wait.fail(new TestingError('ORCHESTRA_CLOSED', 'the orchestra was closed while the test waited'));
  }
}
