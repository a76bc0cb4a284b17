/** How the pings of one agent went lately. */
export class PingRecord {
  #failed = 0;
  #succeededSince = 0;
  #lastPingAt: string | null = null;

  /** Failed ones that are not forgotten. */
  get failed(): number {
    return this.#failed;
  }

  /** When the last one ended, well or not, ISO 8601; null before the first. */
  get lastPingAt(): string | null {
    return this.#lastPingAt;
  }

  /** @returns failed ones, with this one. */
  recordFailure(at: string): number {
    this.#lastPingAt = at;
    this.#succeededSince = 0;
    return ++this.#failed;
  }

  /** @returns whether failed ones are forgotten by it. */
  recordSuccess(at: string, recoveryThreshold: number): boolean {
    this.#lastPingAt = at;
    if (this.#failed === 0 || ++this.#succeededSince < recoveryThreshold) return false;
    this.#failed = this.#succeededSince = 0;
    return true;
  }
}
