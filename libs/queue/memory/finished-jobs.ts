import type { JobRetention } from '../ports/job.js';
import { EntryList } from './entry-list.js';
import type { JobEntry } from './job-entry.js';

/** The finished jobs that are still kept, in the order of their ends. */
export class FinishedJobs {
  readonly completed = new EntryList();
  readonly failed = new EntryList();
  readonly #retention: JobRetention;
  readonly #onForgotten: (entry: JobEntry) => void;

  constructor(retention: JobRetention, onForgotten: (entry: JobEntry) => void) {
    this.#retention = retention;
    this.#onForgotten = onForgotten;
  }

  /** False where a job is forgotten the moment it ends, whatever else there is. */
  get keepsAny(): boolean {
    return this.#retention.maxCount > 0 && this.#retention.maxAgeMs > 0;
  }

  get size(): number {
    return this.completed.size + this.failed.size;
  }

  /** Keeps `entry`, by its state, and forgets what the retention no longer covers, perhaps `entry` itself. */
  push(entry: JobEntry): void {
    this.#list(entry).push(entry);
    const { maxAgeMs, maxCount } = this.#retention;
    for (let oldest = this.#oldest; oldest !== undefined; oldest = this.#oldest) {
      if (this.size <= maxCount && entry.at - oldest.at < maxAgeMs) return;
      this.remove(oldest);
      this.#onForgotten(oldest);
    }
  }

  remove(entry: JobEntry): void {
    this.#list(entry).remove(entry);
  }

  get #oldest(): JobEntry | undefined {
    const { first: completed } = this.completed;
    const { first: failed } = this.failed;
    if (completed === undefined || failed === undefined) return completed ?? failed;
    return completed.mark < failed.mark ? completed : failed;
  }

  #list(entry: JobEntry): EntryList {
    return entry.state === 'completed' ? this.completed : this.failed;
  }
}
