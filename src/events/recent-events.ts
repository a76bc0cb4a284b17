/** The latest `capacity` of a growing row, each known by its number: 1, 2, 3 and so on. What is older is overwritten. */
export class RecentEvents<T> {
  readonly #capacity: number;
  readonly #kept: T[] = [];
  #last = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** The number of the latest one; 0 before the first. */
  get last(): number {
    return this.#last;
  }

  /** The number of the oldest one that is kept; one beyond the last while there is none. */
  get oldest(): number {
    return Math.max(1, this.#last - this.#capacity + 1);
  }

  push(event: T): void {
    this.#kept[this.#last++ % this.#capacity] = event;
  }

  /** Undefined when it is not kept. */
  at(number: number): T | undefined {
    return number >= this.oldest && number <= this.#last
      ? this.#kept[(number - 1) % this.#capacity]
      : undefined;
  }
}
