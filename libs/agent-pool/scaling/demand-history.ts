import { MAX_POOL_SIZE } from '../pool-options.js';

/**
 * When each number of agents was needed last: the maximum over any span of time up to now, exactly, at the cost of one
 * write a change. No samples are taken, so there is nothing to tick.
 */
export class DemandHistory {
  readonly #lastNeededAtMs = new Float64Array(MAX_POOL_SIZE + 1).fill(-Infinity);

  /** @param nowMs monotonic; the moment until which `agents` were needed. More than a pool may have count as that many. */
  record(agents: number, nowMs: number): void {
    this.#lastNeededAtMs[Math.min(agents, MAX_POOL_SIZE)] = nowMs;
  }

  /** The most agents needed after that moment; 0 when nothing was recorded. */
  maximumSince(sinceMs: number): number {
    return Math.max(
      0,
      this.#lastNeededAtMs.findLastIndex((atMs) => atMs > sinceMs),
    );
  }

  /** When more than so many were needed last; -Infinity for never. */
  lastAbove(agents: number): number {
    return this.#lastNeededAtMs
      .subarray(agents + 1)
      .reduce((latest, atMs) => Math.max(latest, atMs), -Infinity);
  }
}
