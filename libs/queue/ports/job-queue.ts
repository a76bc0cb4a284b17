import type { AbortedError, Page } from '#core';
import type { AddOptions, JobRecord, JobState } from './job.js';

/**
 * Runs one attempt of a job. What it returns is kept as the job's result (JSON; undefined is kept as null).
 *
 * The signal's reason is an `AbortedError`, by kind:
 * - `cancel`: somebody cancelled the job; however the handler ends, the job is `failed` with code `CANCELLED`. It may have
 *   aborted before the handler is called: the job was cancelled when the worker that had it was dead already.
 * - `shutdown`: the consumer is closing; a handler that rejects (with anything) hands the job back, uncounted.
 * - `lost-lease`: another consumer has the job; however the handler ends, it changes nothing.
 * - `timeout`: set by no driver; a handler's own.
 *
 * `abort` aborts that same signal from within, so that a handler with a time limit of its own, or one that fails in many
 * places at once, needs no second one. It tells those who listen and nobody else: whatever kind its reason is, the job
 * ends as the handler does. The signal keeps the reason that came first; what a cancel or a shutdown that comes later
 * means for the job holds all the same.
 */
export type JobHandler<T> = (
  job: JobRecord<T>,
  signal: AbortSignal,
  abort: (reason: AbortedError) => void,
) => Promise<unknown>;

export interface ConsumeOptions {
  /** How many handlers run at once in this consumer, 1..10,000. */
  concurrency: number;
  /**
   * Default false. True for a handler that lets go of its signal, and of all that listens to it, by the time it ends: a
   * driver may then give a signal that never aborted to another handler, for to make one costs as much as all else that
   * it does for a job.
   */
  reuseSignals?: boolean;
}

export interface ConsumerCloseOptions {
  /** How long running handlers may go on before their signals abort with `shutdown`. */
  drainMs: number;
  /** How long a handler may take to end after its signal aborted, before it is given up. Default 5000. */
  abortGraceMs?: number;
}

export interface ConsumerCloseReport {
  /** Jobs whose handler ended within `drainMs`, or later by succeeding or because its job was cancelled. */
  finished: number;
  /** Jobs that went back to `waiting`, interrupted; while the backend is away, those that it will recover. */
  handedBack: number;
  /** Jobs whose handler ignored its signal; they are handed back too, and what the handler does later changes nothing. */
  abandoned: number;
}

export abstract class Consumer {
  /** Takes no further job; handlers under way go on. */
  abstract pause(): Promise<void>;
  abstract resume(): Promise<void>;
  /** How many handlers run now. */
  abstract readonly active: number;
  /** Takes no further job, waits for the running ones as the options say. Idempotent: later calls get the first report. */
  abstract close(options: ConsumerCloseOptions): Promise<ConsumerCloseReport>;
}

/**
 * A queue of jobs with priorities, delays and retries.
 *
 * - Order: higher priority first, then first in, first out by the moment a job became `waiting`; a job that was handed
 *   back goes before all others of its priority.
 * - Each job is handled at least once; one handler at a time has it.
 * - Event-driven: an added job starts at once when a consumer has a free slot. Nothing is polled, and an idle queue
 *   owns no timer.
 */
export abstract class JobQueue<T> {
  /**
   * Adds a job. The same id twice is one job: the second call changes nothing and returns the FIRST one's record.
   * @throws {ValidationError} for bad options; {QueueError} `JOB_DATA_INVALID`, `QUEUE_FULL`, `QUEUE_CLOSED`.
   */
  abstract add(data: T, options?: AddOptions): Promise<JobRecord<T>>;

  /**
   * As `add`, for whoever needs no record: to read that of a job which is there already is another round trip on a
   * backend across a network.
   */
  abstract enqueue(data: T, options?: AddOptions): Promise<void>;

  /** All or none. @throws as `add`. */
  abstract addBulk(jobs: readonly { data: T; options?: AddOptions }[]): Promise<JobRecord<T>[]>;

  abstract get(id: string): Promise<JobRecord<T> | undefined>;

  /**
   * Jobs of the given states, state after state in the order asked for: `waiting` in the order they would be taken,
   * `delayed` by their time, `active` by their start, finished ones latest first. A job that moves between two pages
   * may be missed or seen twice.
   * @throws {QueueError} `INVALID_CURSOR`; {ValidationError} for a limit outside 1..500.
   */
  abstract list(
    states: readonly JobState[],
    options?: { cursor?: string; limit?: number },
  ): Promise<Page<JobRecord<T>>>;

  abstract counts(): Promise<Record<JobState, number>>;

  /**
   * Whether no more than `maxDepth` jobs would wait or be delayed with so many more: for whoever has to know before it
   * adds. Exact where the queue is in this process; across a network far from the bound an estimate is enough, and near
   * it the answer is as old as its way back.
   */
  abstract fits(jobs: number, maxDepth: number): Promise<boolean>;

  /**
   * No consumer, on any instance, takes a job until `resume`; those under way go on, and jobs may be added. It outlives
   * this process where jobs do. Idempotent.
   */
  abstract pause(): Promise<void>;

  /** Idempotent. */
  abstract resume(): Promise<void>;

  abstract isPaused(): Promise<boolean>;

  abstract consume(handler: JobHandler<T>, options: ConsumeOptions): Consumer;

  /**
   * A waiting or delayed job is removed; an active one, wherever it runs, has its signal aborted with a `cancel`.
   * @returns what was found: `removed`, `signalled`, or `none` (unknown or finished).
   */
  abstract cancel(id: string, reason: AbortedError): Promise<'removed' | 'signalled' | 'none'>;

  /** A failed job waits again, with all its attempts. @throws {QueueError} `JOB_NOT_FOUND`, `JOB_STATE_CONFLICT`. */
  abstract retry(id: string): Promise<void>;

  /** A delayed job waits from now on. @throws {QueueError} `JOB_NOT_FOUND`, `JOB_STATE_CONFLICT`. */
  abstract promote(id: string): Promise<void>;

  /** Forgets a job that is not active; an unknown id is no error. @throws {QueueError} `JOB_STATE_CONFLICT` when active. */
  abstract remove(id: string): Promise<void>;
}
