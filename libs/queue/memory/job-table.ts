import { backoffDelayMs, type Clock, type ErrorRecord, type JsonValue } from '#core';
import type { JobRetention, JobState } from '../ports/job.js';
import { DelayedJobs } from './delayed-jobs.js';
import { EntryList } from './entry-list.js';
import { FinishedJobs } from './finished-jobs.js';
import { JobEntry, type JobEntryInit } from './job-entry.js';
import { PriorityLists } from './priority-lists.js';

export interface JobTableOptions {
  clock: Clock;
  retention: JobRetention;
  /** Told whenever a job became `waiting`. */
  onWaiting: () => void;
}

/**
 * The jobs of one queue and every change of their states; an entry is in exactly one of its lists, by its state.
 *
 *     new → waiting | delayed             admit
 *     delayed → waiting                   its time came, promote
 *     waiting → active                    take
 *     active → completed | failed         complete, fail
 *     active → delayed | waiting          failAttempt, when attempts are left
 *     active → waiting                    handBack
 *     failed → waiting                    retry
 *     any but active → forgotten          forget; finished ones by retention too
 */
export class JobTable {
  readonly #clock: Clock;
  readonly #onWaiting: () => void;
  readonly #entries = new Map<string, JobEntry>();
  readonly #waiting = new PriorityLists();
  readonly #delayed: DelayedJobs;
  readonly #active = new EntryList();
  readonly #finished: FinishedJobs;
  #marks = 0;

  constructor({ clock, retention, onWaiting }: JobTableOptions) {
    this.#clock = clock;
    this.#onWaiting = onWaiting;
    this.#delayed = new DelayedJobs(clock, (entry) => this.#wait(entry));
    this.#finished = new FinishedJobs(retention, ({ id }) => void this.#entries.delete(id));
  }

  get waitingCount(): number {
    return this.#waiting.size;
  }

  get activeCount(): number {
    return this.#active.size;
  }

  /** What a queue's `maxDepth` bounds. */
  get depth(): number {
    return this.#waiting.size + this.#delayed.size;
  }

  counts(): Record<JobState, number> {
    return {
      waiting: this.#waiting.size,
      delayed: this.#delayed.size,
      active: this.#active.size,
      completed: this.#finished.completed.size,
      failed: this.#finished.failed.size,
    };
  }

  find(id: string): JobEntry | undefined {
    return this.#entries.get(id);
  }

  /** In the order in which they are listed, except for the delayed ones, which come in no particular order. */
  entries(state: JobState): Iterable<JobEntry> {
    switch (state) {
      case 'waiting':
        return this.#waiting;
      case 'delayed':
        return this.#delayed;
      case 'active':
        return this.#active;
      case 'completed':
        return this.#finished.completed.backwards();
      case 'failed':
        return this.#finished.failed.backwards();
    }
  }

  admit(init: JobEntryInit, delayMs: number): JobEntry {
    const entry = new JobEntry(init, this.#clock.timestamp());
    this.#entries.set(entry.id, entry);
    this.#delay(entry, delayMs);
    return entry;
  }

  take(): JobEntry | undefined {
    const entry = this.#waiting.take();
    if (entry === undefined) return undefined;
    this.#enter(entry, 'active');
    entry.startedAt = this.#clock.timestamp();
    this.#active.push(entry);
    return entry;
  }

  /** @param result a snapshot. */
  complete(entry: JobEntry, result: JsonValue): void {
    entry.result = result;
    this.#finish(entry, 'completed');
  }

  /** Ends the job, whatever attempts are left. */
  fail(entry: JobEntry, error: ErrorRecord): void {
    entry.error = error;
    this.#finish(entry, 'failed');
  }

  /** Ends the attempt; the job is tried again later when it may. */
  failAttempt(entry: JobEntry, error: ErrorRecord): void {
    if (!error.retryable || entry.attemptsMade + 1 >= entry.attempts) {
      this.fail(entry, error);
      return;
    }
    this.#leave(entry);
    entry.attemptsMade++;
    entry.error = error;
    this.#delay(entry, backoffDelayMs(entry.backoff, entry.attemptsMade));
  }

  /** The attempt is as if it had never been. */
  handBack(entry: JobEntry): void {
    this.#leave(entry);
    this.#enter(entry, 'waiting');
    this.#waiting.putBack(entry);
    this.#onWaiting();
  }

  retry(entry: JobEntry): void {
    this.#leave(entry);
    entry.attemptsMade = 0;
    entry.error = null;
    entry.startedAt = null;
    entry.finishedAt = null;
    this.#wait(entry);
  }

  promote(entry: JobEntry): void {
    this.#leave(entry);
    this.#wait(entry);
  }

  forget(entry: JobEntry): void {
    this.#leave(entry);
    this.#entries.delete(entry.id);
  }

  /** No timer is left. */
  close(): void {
    this.#delayed.cancelTimer();
  }

  #finish(entry: JobEntry, state: 'completed' | 'failed'): void {
    this.#leave(entry);
    this.#enter(entry, state);
    if (!this.#finished.keepsAny) {
      this.#entries.delete(entry.id);
      return;
    }
    entry.attemptsMade++;
    entry.finishedAt = this.#clock.timestamp();
    entry.at = this.#clock.monotonic();
    this.#finished.push(entry);
  }

  #delay(entry: JobEntry, delayMs: number): void {
    if (delayMs === 0) {
      this.#wait(entry);
      return;
    }
    this.#enter(entry, 'delayed');
    this.#delayed.push(entry, delayMs);
  }

  #wait(entry: JobEntry): void {
    this.#enter(entry, 'waiting');
    this.#waiting.push(entry);
    this.#onWaiting();
  }

  #enter(entry: JobEntry, state: JobState): void {
    entry.state = state;
    entry.mark = this.#marks++;
  }

  #leave(entry: JobEntry): void {
    switch (entry.state) {
      case 'waiting':
        return this.#waiting.remove(entry);
      case 'delayed':
        return this.#delayed.remove(entry);
      case 'active':
        entry.run = undefined;
        return this.#active.remove(entry);
      case 'completed':
      case 'failed':
        return this.#finished.remove(entry);
    }
  }
}
