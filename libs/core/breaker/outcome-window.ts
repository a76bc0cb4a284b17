/** The window moves on by this part of itself: it covers nine to ten tenths of its length. */
const BUCKETS = 10;

interface Bucket {
  total: number;
  failures: number;
}

/** Counts what succeeded and failed lately, in a few buckets of time however much there is to count. */
export class OutcomeWindow {
  readonly #bucketMs: number;
  /** The oldest first; the last one is filled now. */
  readonly #buckets: Bucket[] = [];
  #filling: Bucket;
  /** Of the bucket that is filled, counted from the origin of the clock. */
  #number = 0;
  #total = 0;
  #failures = 0;

  constructor(windowMs: number) {
    this.#bucketMs = windowMs / BUCKETS;
    this.#filling = this.#begin();
  }

  /** As of the last `add` or `moveTo`. */
  get total(): number {
    return this.#total;
  }

  get failures(): number {
    return this.#failures;
  }

  /** @param nowMs monotonic. */
  add(failed: boolean, nowMs: number): void {
    this.moveTo(nowMs);
    this.#total++;
    this.#filling.total++;
    if (!failed) return;
    this.#failures++;
    this.#filling.failures++;
  }

  /** Forgets what has become too old. */
  moveTo(nowMs: number): void {
    const number = Math.floor(nowMs / this.#bucketMs);
    if (number === this.#number) return;
    if (number - this.#number >= BUCKETS) this.clear();
    else for (let passed = this.#number; passed < number; passed++) this.#filling = this.#begin();
    this.#number = number;
  }

  clear(): void {
    this.#buckets.length = 0;
    this.#filling = this.#begin();
    this.#total = 0;
    this.#failures = 0;
  }

  #begin(): Bucket {
    const bucket = { total: 0, failures: 0 };
    if (this.#buckets.push(bucket) <= BUCKETS) return bucket;
    const oldest = this.#buckets.shift();
    this.#total -= oldest?.total ?? 0;
    this.#failures -= oldest?.failures ?? 0;
    return bucket;
  }
}
