import type { JobEntry } from './job-entry.js';

/** A binary min-heap by due time, then by `mark`; each entry knows its index, so any can be removed in O(log n). */
export class DelayedHeap implements Iterable<JobEntry> {
  readonly #entries: JobEntry[] = [];

  get size(): number {
    return this.#entries.length;
  }

  get first(): JobEntry | undefined {
    return this.#entries[0];
  }

  push(entry: JobEntry): void {
    this.#entries.push(entry);
    this.#rise(entry, this.#entries.length - 1);
  }

  remove(entry: JobEntry): void {
    const index = entry.heapIndex;
    const last = this.#entries.pop();
    entry.heapIndex = -1;
    if (last === undefined || last === entry) return;
    this.#rise(last, index);
    this.#sink(last, last.heapIndex);
  }

  /** In no particular order. */
  [Symbol.iterator](): Iterator<JobEntry> {
    return this.#entries[Symbol.iterator]();
  }

  #rise(entry: JobEntry, from: number): void {
    let index = from;
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = this.#entries[parentIndex];
      if (parent === undefined || !isBefore(entry, parent)) break;
      this.#place(parent, index);
      index = parentIndex;
    }
    this.#place(entry, index);
  }

  #sink(entry: JobEntry, from: number): void {
    let index = from;
    for (;;) {
      const leftIndex = 2 * index + 1;
      const left = this.#entries[leftIndex];
      if (left === undefined) break;
      const right = this.#entries[leftIndex + 1];
      const child = right !== undefined && isBefore(right, left) ? right : left;
      if (!isBefore(child, entry)) break;
      const childIndex = child.heapIndex;
      this.#place(child, index);
      index = childIndex;
    }
    this.#place(entry, index);
  }

  #place(entry: JobEntry, index: number): void {
    this.#entries[index] = entry;
    entry.heapIndex = index;
  }
}

function isBefore(a: JobEntry, b: JobEntry): boolean {
  return a.at < b.at || (a.at === b.at && a.mark < b.mark);
}
