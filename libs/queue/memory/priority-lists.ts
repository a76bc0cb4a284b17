import { MAX_PRIORITY } from '../ports/job.js';
import { EntryList } from './entry-list.js';
import type { JobEntry } from './job-entry.js';

/** The waiting jobs: one list a priority, the highest that is not empty is served. */
export class PriorityLists implements Iterable<JobEntry> {
  readonly #lists = Array.from({ length: MAX_PRIORITY + 1 }, () => new EntryList());
  #size = 0;
  #made = 0;

  get size(): number {
    return this.#size;
  }

  /** Behind all others of its priority. */
  push(entry: JobEntry): void {
    entry.order = this.#made++;
    this.#list(entry.priority).push(entry);
    this.#size++;
  }

  /**
   * Where it was before it was taken, which is before all that still wait in its priority. The search passes only
   * others that were put back, and none when the last taken is put back first.
   */
  putBack(entry: JobEntry): void {
    this.#list(entry.priority).insert(entry);
    this.#size++;
  }

  take(): JobEntry | undefined {
    if (this.#size === 0) return undefined;
    for (let priority = MAX_PRIORITY; priority >= 0; priority--) {
      const entry = this.#list(priority).first;
      if (entry === undefined) continue;
      this.remove(entry);
      return entry;
    }
    return undefined;
  }

  remove(entry: JobEntry): void {
    this.#list(entry.priority).remove(entry);
    this.#size--;
  }

  /** In the order they would be taken. */
  *[Symbol.iterator](): Generator<JobEntry> {
    for (let priority = MAX_PRIORITY; priority >= 0; priority--) yield* this.#list(priority);
  }

  #list(priority: number): EntryList {
    const list = this.#lists[priority];
    if (list === undefined) throw new RangeError(`no priority ${priority}`);
    return list;
  }
}
