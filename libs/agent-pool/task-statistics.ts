/**
 * Weight of the newest task in the moving numbers: 1/8, as TCP smooths its round-trip times (RFC 6298 §2), so that
 * about the last dozen tasks count.
 */
export const NEWEST_TASK_WEIGHT = 1 / 8;

/** How the tasks of one agent, or of one pool, went. */
export class TaskStatistics {
  #tasks = 0;
  #failures = 0;
  /** NaN before the first: a number from the start is changed in place, where another would be allocated for each task. */
  #averageLatencyMs = NaN;
  #recentSuccessRate = 1;
  #lastEndedAtMs = 0;

  /**
   * Counts a task that ended.
   * @param durationMs a value that is no duration (negative, not finite) leaves the moving latency as it is: one bad
   * sample would spoil it for good.
   * @param nowMs monotonic.
   */
  record(ok: boolean, durationMs: number, nowMs: number): void {
    this.#count(ok);
    this.#lastEndedAtMs = nowMs;
    if (!(durationMs >= 0 && durationMs < Infinity)) return;
    const averageMs = this.#averageLatencyMs;
    this.#averageLatencyMs = Number.isNaN(averageMs)
      ? durationMs
      : averageMs + NEWEST_TASK_WEIGHT * (durationMs - averageMs);
  }

  /** Counts a task that was given up: a failure whose duration nobody knows. */
  recordGivenUp(): void {
    this.#count(false);
  }

  get tasks(): number {
    return this.#tasks;
  }

  get failures(): number {
    return this.#failures;
  }

  /** Of all tasks so far, 0..1; null before the first. */
  get successRate(): number | null {
    return this.#tasks === 0 ? null : (this.#tasks - this.#failures) / this.#tasks;
  }

  /** Of the latest tasks, 0..1; 1 before the first. */
  get recentSuccessRate(): number {
    return this.#recentSuccessRate;
  }

  /** Exponential moving average; null before the first task. */
  get averageLatencyMs(): number | null {
    return Number.isNaN(this.#averageLatencyMs) ? null : this.#averageLatencyMs;
  }

  /** Monotonic; 0 before the first task. */
  get lastEndedAtMs(): number {
    return this.#lastEndedAtMs;
  }

  #count(ok: boolean): void {
    this.#tasks++;
    if (!ok) this.#failures++;
    this.#recentSuccessRate += NEWEST_TASK_WEIGHT * ((ok ? 1 : 0) - this.#recentSuccessRate);
  }
}
