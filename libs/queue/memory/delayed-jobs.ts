import type { Clock, Timer } from '#core';
import { DelayedHeap } from './delayed-heap.js';
import type { JobEntry } from './job-entry.js';

/** The delayed jobs and the one timer that waits for the earliest of them; without any there is no timer. */
export class DelayedJobs implements Iterable<JobEntry> {
  readonly #clock: Clock;
  readonly #onDue: (entry: JobEntry) => void;
  readonly #heap = new DelayedHeap();
  #timer: Timer | undefined;
  #timerFor: JobEntry | undefined;

  /** @param onDue gets each entry, already removed, in the order of their times. */
  constructor(clock: Clock, onDue: (entry: JobEntry) => void) {
    this.#clock = clock;
    this.#onDue = onDue;
  }

  get size(): number {
    return this.#heap.size;
  }

  push(entry: JobEntry, delayMs: number): void {
    entry.at = this.#clock.monotonic() + delayMs;
    this.#heap.push(entry);
    this.#arm();
  }

  remove(entry: JobEntry): void {
    this.#heap.remove(entry);
    this.#arm();
  }

  /** In no particular order. */
  [Symbol.iterator](): Iterator<JobEntry> {
    return this.#heap[Symbol.iterator]();
  }

  cancelTimer(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#timerFor = undefined;
  }

  #arm(): void {
    const first = this.#heap.first;
    if (first === this.#timerFor) return;
    this.cancelTimer();
    if (first === undefined) return;
    this.#timerFor = first;
    // The clock's timer may fire a fraction of a millisecond early: rounded up, the second try is the exception.
    const delayMs = Math.ceil(first.at - this.#clock.monotonic());
    // Accepted work waits behind it, so the process must live.
    this.#timer = this.#clock.setTimer(() => this.#fire(), delayMs, { ref: true });
  }

  #fire(): void {
    this.#timer = undefined;
    this.#timerFor = undefined;
    const now = this.#clock.monotonic();
    for (let first = this.#heap.first; first !== undefined && first.at <= now; first = this.#heap.first) {
      this.#heap.remove(first);
      this.#onDue(first);
    }
    this.#arm();
  }
}
