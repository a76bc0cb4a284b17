/** The window moves on by this part of itself: it covers nine to ten tenths of its length. */
const BUCKETS = 10;

interface Bucket {
  total: number;
  failures: number;
}

/**
 * Counts what succeeded and failed lately, in a few buckets of time however much there is to count. What succeeded is
 * counted up only when somebody asks: that is when something has failed.
 */
export class OutcomeWindow {
  readonly #bucketMs: number;
  /** The oldest first; the last one is filled now. */
  readonly #buckets: Bucket[] = [];
  #filling: Bucket;
  /** Of the bucket that is filled, counted from the origin of the clock. */
  #number = 0;
  /** Until when it is filled. */
  #untilMs: number;

  constructor(windowMs: number) {
    this.#bucketMs = windowMs / BUCKETS;
    this.#untilMs = this.#bucketMs;
    this.#filling = this.#begin();
  }

  /** As of the last `add` or `moveTo`. */
  get total(): number {
    return this.#buckets.reduce((sum, { total }) => sum + total, 0);
  }

  get failures(): number {
    return this.#buckets.reduce((sum, { failures }) => sum + failures, 0);
  }

  /** @param nowMs monotonic. */
  add(failed: boolean, nowMs: number): void {
    this.moveTo(nowMs);
    this.#filling.total++;
    if (failed) this.#filling.failures++;
  }

  /** Forgets what has become too old. */
  moveTo(nowMs: number): void {
    if (nowMs < this.#untilMs) return;
    const number = Math.floor(nowMs / this.#bucketMs);
    if (number - this.#number >= BUCKETS) this.clear();
    else for (let passed = this.#number; passed < number; passed++) this.#filling = this.#begin();
    this.#number = number;
    this.#untilMs = (number + 1) * this.#bucketMs;
  }

  clear(): void {
    this.#buckets.length = 0;
    this.#filling = this.#begin();
  }

  #begin(): Bucket {
    const bucket = { total: 0, failures: 0 };
    if (this.#buckets.push(bucket) > BUCKETS) this.#buckets.shift();
    return bucket;
  }
}
