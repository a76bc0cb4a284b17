import { onAbort } from '../abort/on-abort.js';

/** A one-shot timer that was set. */
export interface Timer {
  /** Idempotent; after it the callback never runs. */
  cancel(): void;
}

export interface TimerOptions {
  /**
   * Whether the timer keeps the process alive. Default false. True only where accepted work waits behind it (a step's
   * back-off, an execution's timeout): a process must not end while it owes a result.
   */
  ref?: boolean;
}

export interface SleepOptions extends TimerOptions {
  signal?: AbortSignal;
}

/** The longest delay Node's timers can hold; a longer one would fire after 1 ms. */
export const MAX_DELAY_MS = 2_147_483_647;

/**
 * Now, sleep and timers: the only source of time below `src/`, so that a test can own it.
 * A port: `SystemClock` is the real one, `ManualClock` (in `nest-orchestra/core` too) the one that tests turn.
 */
export abstract class Clock {
  /** Wall clock, ms since the epoch; for records that people read. */
  abstract now(): number;

  /** Monotonic clock, ms with fractions, origin unspecified; for durations and deadlines. */
  abstract monotonic(): number;

  /**
   * Runs `callback` once after `delayMs`, clamped to 0..{@link MAX_DELAY_MS}.
   * @throws {RangeError} when `delayMs` is NaN, which Node would take for 1 ms: a sum gone wrong must not spin.
   */
  abstract setTimer(callback: () => void, delayMs: number, options?: TimerOptions): Timer;

  /** ISO 8601, UTC, of {@link now}. */
  timestamp(): string {
    return new Date(this.now()).toISOString();
  }

  /**
   * Resolves after `delayMs`, clamped as {@link setTimer} does.
   * @throws the signal's reason, at the moment of the abort; a {@link RangeError} when `delayMs` is NaN.
   */
  sleep(delayMs: number, { signal, ref }: SleepOptions = {}): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      const timer = this.setTimer(
        () => {
          leave?.();
          resolve();
        },
        delayMs,
        { ref },
      );
      const leave =
        signal &&
        onAbort(signal, () => {
          timer.cancel();
          reject(signal.reason);
        });
    });
  }
}

/** The delay a timer of any clock is set to; see `Clock.setTimer`. */
export function clampDelayMs(delayMs: number): number {
  if (Number.isNaN(delayMs)) throw new RangeError('the delay of a timer is NaN');
  return Math.min(Math.max(0, delayMs), MAX_DELAY_MS);
}
