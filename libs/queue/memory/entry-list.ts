import type { JobEntry } from './job-entry.js';

/** A doubly linked list through the entries' own links: every change is O(1), and an entry is in one list at most. */
export class EntryList implements Iterable<JobEntry> {
  #head: JobEntry | undefined;
  #tail: JobEntry | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get first(): JobEntry | undefined {
    return this.#head;
  }

  push(entry: JobEntry): void {
    this.#link(entry, this.#tail, undefined);
  }

  /** Puts `entry` where its `order` belongs, looked for from the front. */
  insert(entry: JobEntry): void {
    let next = this.#head;
    while (next !== undefined && next.order < entry.order) next = next.next;
    this.#link(entry, next === undefined ? this.#tail : next.previous, next);
  }

  remove(entry: JobEntry): void {
    const { previous, next } = entry;
    if (previous === undefined) this.#head = next;
    else previous.next = next;
    if (next === undefined) this.#tail = previous;
    else next.previous = previous;
    entry.previous = undefined;
    entry.next = undefined;
    this.#size--;
  }

  *[Symbol.iterator](): Generator<JobEntry> {
    for (let entry = this.#head; entry !== undefined; entry = entry.next) yield entry;
  }

  *backwards(): Generator<JobEntry> {
    for (let entry = this.#tail; entry !== undefined; entry = entry.previous) yield entry;
  }

  #link(entry: JobEntry, previous: JobEntry | undefined, next: JobEntry | undefined): void {
    entry.previous = previous;
    entry.next = next;
    if (previous === undefined) this.#head = entry;
    else previous.next = entry;
    if (next === undefined) this.#tail = entry;
    else next.previous = entry;
    this.#size++;
  }
}
