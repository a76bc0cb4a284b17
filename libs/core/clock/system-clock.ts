import { Clock, clampDelayMs, type Timer, type TimerOptions } from './clock.js';

/** The clock of the machine, over the global timers (so fake timers of a test runner work too). */
export class SystemClock extends Clock {
  now(): number {
    return Date.now();
  }

  monotonic(): number {
    return performance.now();
  }

  setTimer(callback: () => void, delayMs: number, { ref = false }: TimerOptions = {}): Timer {
    const handle = setTimeout(callback, clampDelayMs(delayMs));
    if (!ref) handle.unref();
    return { cancel: () => clearTimeout(handle) };
  }
}
