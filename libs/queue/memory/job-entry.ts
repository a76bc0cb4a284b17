import type { ErrorRecord, JsonValue, RetryPolicy } from '#core';
import type { JobRecord, JobState } from '../ports/job.js';
import type { MemoryRun } from './memory-run.js';

export interface JobEntryInit {
  id: string;
  /** A snapshot. */
  data: JsonValue;
  priority: number;
  attempts: number;
  backoff: Readonly<Omit<RetryPolicy, 'maxAttempts'>>;
}

/**
 * A job as the driver keeps it. One flat object, because a hundred thousand of them may wait: data, result and error are
 * snapshots that everybody is given (nobody can change them), and the links of the lists are its own fields.
 */
export class JobEntry {
  readonly id: string;
  readonly data: JsonValue;
  readonly priority: number;
  readonly attempts: number;
  readonly backoff: JobEntryInit['backoff'];
  readonly addedAt: string;
  state: JobState = 'waiting';
  attemptsMade = 0;
  startedAt: string | null = null;
  finishedAt: string | null = null;
  /** Null unless completed. */
  result: JsonValue = null;
  error: ErrorRecord | null = null;
  /** While active: the handler's call under way. */
  run: MemoryRun | undefined = undefined;

  /** Place among the waiting of its priority; kept while active, so that a job handed back finds its place again. */
  order = 0;
  /** Place in the state it is in now: smaller came earlier. */
  mark = 0;
  /** Monotonic ms: while delayed, when it is due; when finished, its end. */
  at = 0;
  previous: JobEntry | undefined = undefined;
  next: JobEntry | undefined = undefined;
  heapIndex = -1;

  constructor({ id, data, priority, attempts, backoff }: JobEntryInit, addedAt: string) {
    this.id = id;
    this.data = data;
    this.priority = priority;
    this.attempts = attempts;
    this.backoff = backoff;
    this.addedAt = addedAt;
  }
}

/** The entry as its callers see it, now. */
export function toJobRecord<T>(entry: JobEntry): JobRecord<T> {
  return {
    id: entry.id,
    data: entry.data as T,
    state: entry.state,
    priority: entry.priority,
    attemptsMade: entry.attemptsMade,
    attempts: entry.attempts,
    recoveries: 0,
    addedAt: entry.addedAt,
    startedAt: entry.startedAt,
    finishedAt: entry.finishedAt,
    result: entry.result,
    error: entry.error,
  };
}
