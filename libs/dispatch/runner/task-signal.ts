import { AbortedError, Deadline, type Clock } from '#core';

/**
 * The signal of one attempt. It aborts with its parent, the signal of the step or of its run, and alone when the agent
 * of the attempt is lost, which the rest of the run survives.
 *
 * It is made when it is first asked for: a task that never asks, and many do not, costs no controller.
 */
export class TaskSignal {
  readonly parent: AbortSignal;
  readonly #clock: Clock;
  #own: Deadline | undefined;
  #detached = false;

  constructor(parent: AbortSignal, clock: Clock) {
    this.parent = parent;
    this.#clock = clock;
  }

  get signal(): AbortSignal {
    return this.#made.signal;
  }

  /** @param cause why the lease was lost. */
  abort(cause: Error): void {
    this.#made.abort(new AbortedError('lost-lease', cause.message, { cause }));
  }

  /** The attempt is over: the parent is left alone, and an abort that is yet to come concerns this signal no more. */
  end(): void {
    this.#detached = !this.parent.aborted;
    this.#own?.dispose();
  }

  get #made(): Deadline {
    const parent = this.#detached ? undefined : this.parent;
    this.#own ??= new Deadline({ clock: this.#clock, parent, what: 'the task' });
    return this.#own;
  }
}
