import type { Clock } from '#core';

/** How long a count is good for, unless the queue is near its bound. */
const FRESH_MS = 250;

/** Up to this share of the bound the latest count is enough. */
const SAFE_SHARE = 0.5;

export interface DepthGaugeOptions {
  clock: Clock;
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

  /** Whether it is certain, without a count, that there is room for `jobs` more; else ask {@link hasRoom}. */
  isFarFrom(maxDepth: number, jobs: number): boolean {
    if (this.#counted + this.#addedSince + jobs > maxDepth * SAFE_SHARE) return false;
    return this.#options.clock.monotonic() - this.#countedAt <= FRESH_MS;
  }

  /** The same after a count, shared by all who ask meanwhile. */
  async hasRoom(maxDepth: number, jobs: number): Promise<boolean> {
    await (this.#counting ??= this.#count());
    return this.#counted + this.#addedSince + jobs <= maxDepth;
  }

  /** So many are being added. */
  added(jobs: number): void {
    this.#addedSince += jobs;
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
