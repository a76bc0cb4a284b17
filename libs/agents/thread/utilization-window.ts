import { performance, type EventLoopUtilization } from 'node:perf_hooks';
import type { Clock } from '#core';

/** How far back the figure goes at least, once there is so much to look back on. */
export const UTILIZATION_WINDOW_MS = 5_000;

/**
 * How busy an event loop was lately, without a timer: from a mark that is at least {@link UTILIZATION_WINDOW_MS} old to
 * now. Marks are set when somebody asks and at `mark`, so that after an idle time the figure goes back as far as the
 * mark before it.
 */
export class UtilizationWindow {
  readonly #read: () => EventLoopUtilization;
  readonly #clock: Clock;
  #from: EventLoopUtilization;
  #latest: EventLoopUtilization;
  #latestAtMs: number;

  /** @param read the loop's times since it began. */
  constructor(read: () => EventLoopUtilization, clock: Clock) {
    this.#read = read;
    this.#clock = clock;
    this.#from = this.#latest = read();
    this.#latestAtMs = clock.monotonic();
  }

  mark(): void {
    const now = this.#clock.monotonic();
    if (now - this.#latestAtMs < UTILIZATION_WINDOW_MS) return;
    this.#from = this.#latest;
    this.#latest = this.#read();
    this.#latestAtMs = now;
  }

  /** 0..1. */
  get utilization(): number {
    this.mark();
    // The clocks of the two times differ by microseconds: an idle loop may seem to have been active for less than none.
    const { utilization } = performance.eventLoopUtilization(this.#read(), this.#from);
    return Math.min(1, Math.max(0, utilization));
  }
}
