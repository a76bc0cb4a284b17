import { Clock, clampDelayMs, type Timer, type TimerOptions } from './clock.js';

/** The clock of the machine, over the global timers (so fake timers of a test runner work too). */
export class SystemClock extends Clock {
  #stampMs = NaN;
  #stamp = '';

  now(): number {
    return Date.now();
  }

  monotonic(): number {
    return performance.now();
  }

  /** Made once a millisecond: what happens within one shares the string, for time and memory. */
  override timestamp(): string {
    const now = Date.now();
    if (now !== this.#stampMs) {
      this.#stamp = new Date(now).toISOString();
      this.#stampMs = now;
    }
    return this.#stamp;
  }

  setTimer(callback: () => void, delayMs: number, { ref = false }: TimerOptions = {}): Timer {
    const handle = setTimeout(callback, clampDelayMs(delayMs));
    if (!ref) handle.unref();
    return { cancel: () => clearTimeout(handle) };
  }
}
