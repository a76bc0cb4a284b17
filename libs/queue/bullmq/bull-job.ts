import type { BackoffOptions, Job, JobJson, JobsOptions } from 'bullmq';
import type { RetryPolicy, JsonValue } from '#core';
import { DEFAULT_RETRY_POLICY, backoffDelayMs } from '#core';
import { MAX_PRIORITY, type JobRecord, type JobState } from '../ports/job.js';
import { readFailure } from './bull-failure.js';
import { bullJobId } from './bull-names.js';

type Backoff = Readonly<Pick<RetryPolicy, 'baseDelayMs' | 'maxDelayMs' | 'multiplier'>>;

/** Name of the one strategy there is. */
const FULL_JITTER = 'full-jitter';

/** A job to be added. */
export interface NewJob {
  id: string;
  /** A snapshot. */
  data: JsonValue;
  priority: number;
  delayMs: number;
  attempts: number;
  backoff: Backoff;
  /** Ms since the epoch. */
  addedAt: number;
}

/**
 * A job as BullMQ stores it. Its name there is our id, which the id there may only be a hash of.
 *
 * Every job has a priority of BullMQ, where 1 is first: its jobs without one go before all others.
 */
export function toJobJson(job: NewJob): JobJson {
  const opts: JobsOptions = { priority: MAX_PRIORITY + 1 - job.priority };
  if (job.delayMs > 0) opts.delay = job.delayMs;
  if (job.attempts > 1) {
    opts.attempts = job.attempts;
    const { baseDelayMs, maxDelayMs, multiplier } = job.backoff;
    const backoff: BackoffOptions & Backoff = { type: FULL_JITTER, baseDelayMs, maxDelayMs, multiplier };
    opts.backoff = backoff;
  }
  return {
    id: bullJobId(job.id),
    name: job.id,
    data: JSON.stringify(job.data),
    opts,
    timestamp: job.addedAt,
    progress: 0,
    attemptsMade: 0,
    attemptsStarted: 0,
    stalledCounter: 0,
    failedReason: '',
    returnvalue: '',
  };
}

/** The record of a job that was added a moment ago. */
export function newJobRecord<T>(job: NewJob): JobRecord<T> {
  return {
    id: job.id,
    data: job.data as T,
    state: job.delayMs > 0 ? 'delayed' : 'waiting',
    priority: job.priority,
    attemptsMade: 0,
    attempts: job.attempts,
    recoveries: 0,
    addedAt: toTimestamp(job.addedAt),
    startedAt: null,
    finishedAt: null,
    result: null,
    error: null,
  };
}

/** The record of a job of BullMQ, read a moment after its state was: what does not belong to the state is left out. */
export function toJobRecord<T>(job: Job, state: JobState): JobRecord<T> {
  const isFinished = state === 'completed' || state === 'failed';
  return {
    id: job.name,
    data: job.data as T,
    state,
    priority: Math.min(MAX_PRIORITY + 1 - job.priority, MAX_PRIORITY),
    attemptsMade: job.attemptsMade,
    attempts: Math.max(1, job.opts.attempts ?? 1),
    recoveries: job.stalledCounter,
    addedAt: toTimestamp(job.timestamp),
    startedAt: job.processedOn === undefined ? null : toTimestamp(job.processedOn),
    finishedAt: isFinished && job.finishedOn !== undefined ? toTimestamp(job.finishedOn) : null,
    result: state === 'completed' ? ((job.returnvalue as unknown) ?? null) : null,
    // BullMQ types it as always there.
    error: (job.failedReason as string | undefined) ? readFailure(job.failedReason) : null,
  };
}

/** The wait before the next attempt of a job, ms. */
export function backoffOf(job: Pick<Job, 'opts'> | undefined, attemptsMade: number): number {
  // As `toJobJson` wrote it; a job that somebody else added has none.
  const written = job?.opts.backoff as Partial<Backoff> | number | undefined;
  return backoffDelayMs(
    { ...DEFAULT_RETRY_POLICY, ...(typeof written === 'object' ? written : {}) },
    attemptsMade,
  );
}

function toTimestamp(ms: number): string {
  return new Date(ms).toISOString();
}
