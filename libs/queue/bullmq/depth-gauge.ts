import type { Clock } from '#core';

/** How long a count is good for, unless the queue is near its bound. */
const FRESH_MS = 250;

/** Up to this share of the bound the latest count is enough. */
const SAFE_SHARE = 0.5;

export interface DepthGaugeOptions {
  clock: Clock;
  maxDepth: number;
  /** How many jobs wait or are delayed now. */
  count: () => Promise<number>;
}

/**
 * Whether a queue has room for more jobs, without a count for each of them: far from the bound the latest count and what
 * was added since say enough. Near it every add counts first, so that the bound is passed by no more than the adds that
 * are under way at the same time.
 */
export class DepthGauge {
  readonly #options: DepthGaugeOptions;
  #counted = Number.POSITIVE_INFINITY;
  #countedAt = Number.NEGATIVE_INFINITY;
  #addedSince = 0;
  #counting: Promise<void> | undefined;

  constructor(options: DepthGaugeOptions) {
    this.#options = options;
  }

  /** Takes room for `jobs` more if it is certain that there is some; else ask {@link take}. */
  tryTake(jobs: number): boolean {
    const { clock, maxDepth } = this.#options;
    if (this.#counted + this.#addedSince + jobs > maxDepth * SAFE_SHARE) return false;
    if (clock.monotonic() - this.#countedAt > FRESH_MS) return false;
    this.#addedSince += jobs;
    return true;
  }

  /** As {@link tryTake} after a count. @returns false when there is no room. */
  async take(jobs: number): Promise<boolean> {
    await (this.#counting ??= this.#count());
    if (this.#counted + this.#addedSince + jobs > this.#options.maxDepth) return false;
    this.#addedSince += jobs;
    return true;
  }

  async #count(): Promise<void> {
    const before = this.#addedSince;
    try {
      this.#counted = await this.#options.count();
      this.#countedAt = this.#options.clock.monotonic();
      this.#addedSince -= before;
    } finally {
      this.#counting = undefined;
    }
  }
}
