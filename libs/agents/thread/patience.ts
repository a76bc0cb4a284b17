import type { Clock, Timer } from '#core';

/** A thread that has not even taken note of an abort after this time is blocked, and will not clean up. */
export const BLOCKED_AFTER_MS = 200;

export interface PatienceOptions {
  clock: Clock;
  /** How long a task that has taken note of its abort may go on. */
  abortGraceMs: number;
  /** Handles what the thread has said already: this process may have been the one that was blocked. */
  listen: () => void;
  /** What is done when it has run out. */
  end: () => void;
}

/** With a task that was aborted: a little until its thread takes note, then the grace. */
export class Patience {
  readonly #options: PatienceOptions;
  #timer: Timer | undefined;

  constructor(options: PatienceOptions) {
    this.#options = options;
  }

  /** The abort was sent. */
  aborted(): void {
    this.#endAfter(Math.min(BLOCKED_AFTER_MS, this.#options.abortGraceMs));
  }

  /** The thread took note. */
  aborting(): void {
    this.#timer?.cancel();
    this.#endAfter(this.#options.abortGraceMs);
  }

  /** The task has ended. */
  cancel(): void {
    this.#timer?.cancel();
  }

  #endAfter(ms: number): void {
    const { clock, listen, end } = this.#options;
    const timer = clock.setTimer(() => {
      listen();
      // Another one is set when the thread took note after all.
      if (this.#timer === timer) end();
    }, ms);
    this.#timer = timer;
  }
}
