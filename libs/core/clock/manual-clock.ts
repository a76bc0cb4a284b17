import { Clock, clampDelayMs, type Timer } from './clock.js';

interface Pending {
  at: number;
  order: number;
  callback: () => void;
}

/** A clock that stands still until a test turns it. Timers fire in order of their time, then of their making. */
export class ManualClock extends Clock {
  readonly #startMs: number;
  #elapsedMs = 0;
  #made = 0;
  readonly #pending = new Set<Pending>();

  constructor(startMs: number = Date.UTC(2026, 0, 1)) {
    super();
    this.#startMs = startMs;
  }

  now(): number {
    return Math.floor(this.#startMs + this.#elapsedMs);
  }

  monotonic(): number {
    return this.#elapsedMs;
  }

  setTimer(callback: () => void, delayMs: number): Timer {
    const pending = { at: this.#elapsedMs + clampDelayMs(delayMs), order: this.#made++, callback };
    this.#pending.add(pending);
    return { cancel: () => void this.#pending.delete(pending) };
  }

  /** How many timers are set: 0 proves that nothing was left behind. */
  get timerCount(): number {
    return this.#pending.size;
  }

  /**
   * Moves time on by `ms`, firing what comes due and letting promise callbacks run after each timer.
   * @throws {RangeError} when `ms` is negative or NaN; what a callback throws, at the time it was due.
   */
  async advance(ms: number): Promise<void> {
    if (!(ms >= 0)) throw new RangeError(`time cannot move on by ${ms} ms`);
    const target = this.#elapsedMs + ms;
    await settle();
    for (let next = this.#next(target); next !== undefined; next = this.#next(target)) {
      this.#pending.delete(next);
      this.#moveTo(next.at);
      next.callback();
      await settle();
    }
    this.#moveTo(target);
  }

  /** Never back, also when two `advance` overlap. */
  #moveTo(elapsedMs: number): void {
    this.#elapsedMs = Math.max(this.#elapsedMs, elapsedMs);
  }

  #next(target: number): Pending | undefined {
    let next: Pending | undefined;
    for (const pending of this.#pending) {
      if (pending.at > target) continue;
      if (
        next === undefined ||
        pending.at < next.at ||
        (pending.at === next.at && pending.order < next.order)
      ) {
        next = pending;
      }
    }
    return next;
  }
}

/** Lets chains of promise callbacks run to their end; a macrotask comes only after all of them. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
