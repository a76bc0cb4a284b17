import type { AbortedError } from '#core';

/** What stops a run, from outside and from within; an `AbortController` is one. */
export interface RunControl {
  readonly signal: AbortSignal;
  /** Aborts the signal: the time is up, a step failed, a commit was refused. */
  abort(reason: AbortedError): void;
}

/** The signal of a job, which the run of an execution may abort itself. */
export class JobControl implements RunControl {
  readonly signal: AbortSignal;
  readonly #abort: (reason: AbortedError) => void;
  #abortedByRun = false;

  constructor(signal: AbortSignal, abort: (reason: AbortedError) => void) {
    this.signal = signal;
    this.#abort = abort;
  }

  /** Whether the queue wants the run to stop, and the run did not do so by itself before. */
  get abortedByQueue(): boolean {
    return this.signal.aborted && !this.#abortedByRun;
  }

  abort(reason: AbortedError): void {
    this.#abortedByRun ||= !this.signal.aborted;
    this.#abort(reason);
  }
}
