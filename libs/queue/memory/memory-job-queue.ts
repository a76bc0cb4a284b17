import { setImmediate } from 'node:timers';
import type { z } from 'zod';
import { newId, parseOptions, type AbortedError, type Clock, type Page } from '#core';
import { type AddOptions, type JobRecord, type JobState } from '../ports/job.js';
import { consumeOptionsSchema, jobListSchema } from '../ports/job-queue-options.js';
import { JobQueue, type ConsumeOptions, type Consumer, type JobHandler } from '../ports/job-queue.js';
import type { queueOptionsSchema } from '../ports/queue-driver.js';
import { QueueError } from '../ports/queue.errors.js';
import { toJobRecord, type JobEntry, type JobEntryInit } from './job-entry.js';
import { snapshotOf } from '../jobs/job-json.js';
import { JobListing } from './job-listing.js';
import { JobTable } from './job-table.js';
import { MemoryConsumer } from './memory-consumer.js';
import { UsualOptions } from '../jobs/usual-options.js';

/**
 * Handlers that end without ever waiting keep the event loop from turning, and with it every socket and timer of the
 * process; after so many starts the loop gets one turn. At 30 µs a job that is a pause every 8 ms.
 */
const MAX_STARTS_PER_TURN = 256;

interface NewJob extends JobEntryInit {
  delayMs: number;
}

/** The door to a {@link JobTable}, and what brings its waiting jobs to consumers that have room. */
export class MemoryJobQueue<T> extends JobQueue<T> {
  readonly #clock: Clock;
  readonly #name: string;
  readonly #maxDepth: number;
  readonly #maxActive: number;
  readonly #table: JobTable;
  readonly #listing: JobListing;
  readonly #usual = new UsualOptions();
  readonly #consumers = new Set<MemoryConsumer<T>>();
  /** The consumers that have room, the next to be served first. */
  readonly #open = new Set<MemoryConsumer<T>>();
  #dispatchQueued = false;
  #starts = 0;
  #turnPending = false;
  #paused = false;
  #closed = false;

  constructor(
    clock: Clock,
    name: string,
    { maxDepth, maxActive, retention }: z.output<typeof queueOptionsSchema>,
  ) {
    super();
    this.#clock = clock;
    this.#name = name;
    this.#maxDepth = maxDepth;
    this.#maxActive = maxActive ?? Number.POSITIVE_INFINITY;
    this.#table = new JobTable({ clock, retention, onWaiting: () => this.#queueDispatch() });
    this.#listing = new JobListing(this.#table);
  }

  async add(data: T, options?: AddOptions): Promise<JobRecord<T>> {
    this.#assertOpen();
    const job = this.#check(data, options, 'JobQueue.add');
    const existing = this.#table.find(job.id);
    if (existing !== undefined) return toJobRecord<T>(existing);
    this.#assertFits(1);
    return toJobRecord<T>(this.#table.admit(job, job.delayMs));
  }

  async enqueue(data: T, options?: AddOptions): Promise<void> {
    await this.add(data, options);
  }

  async addBulk(jobs: readonly { data: T; options?: AddOptions }[]): Promise<JobRecord<T>[]> {
    this.#assertOpen();
    const checked = jobs.map(({ data, options }, index) =>
      this.#check(data, options, `JobQueue.addBulk, job ${index}`),
    );
    const fresh = new Set<string>();
    for (const { id } of checked) if (this.#table.find(id) === undefined) fresh.add(id);
    this.#assertFits(fresh.size);
    return checked.map((job) =>
      toJobRecord<T>(this.#table.find(job.id) ?? this.#table.admit(job, job.delayMs)),
    );
  }

  async get(id: string): Promise<JobRecord<T> | undefined> {
    this.#assertOpen();
    const entry = this.#table.find(id);
    return entry && toJobRecord<T>(entry);
  }

  async list(
    states: readonly JobState[],
    options: { cursor?: string; limit?: number } = {},
  ): Promise<Page<JobRecord<T>>> {
    this.#assertOpen();
    const {
      states: asked,
      limit,
      cursor,
    } = parseOptions(jobListSchema, { ...options, states }, 'JobQueue.list');
    return this.#listing.page<T>(asked, limit, cursor);
  }

  async counts(): Promise<Record<JobState, number>> {
    this.#assertOpen();
    return this.#table.counts();
  }

  async fits(jobs: number, maxDepth: number): Promise<boolean> {
    this.#assertOpen();
    return this.#table.depth + jobs <= maxDepth;
  }

  async pause(): Promise<void> {
    this.#assertOpen();
    this.#paused = true;
  }

  async resume(): Promise<void> {
    this.#assertOpen();
    this.#paused = false;
    this.#queueDispatch();
  }

  async isPaused(): Promise<boolean> {
    this.#assertOpen();
    return this.#paused;
  }

  consume(handler: JobHandler<T>, options: ConsumeOptions): Consumer {
    this.#assertOpen();
    const { concurrency, reuseSignals } = parseOptions(
      consumeOptionsSchema,
      options,
      'JobQueue.consume options',
    );
    const consumer = new MemoryConsumer<T>({
      clock: this.#clock,
      table: this.#table,
      handler,
      concurrency,
      reuseSignals,
      onRoomChanged: (changed) => {
        this.#noteRoom(changed);
        this.#queueDispatch();
      },
      onClosed: (closed) => void this.#consumers.delete(closed),
    });
    this.#consumers.add(consumer);
    this.#noteRoom(consumer);
    this.#queueDispatch();
    return consumer;
  }

  async cancel(id: string, reason: AbortedError): Promise<'removed' | 'signalled' | 'none'> {
    this.#assertOpen();
    const entry = this.#table.find(id);
    if (entry === undefined) return 'none';
    if (entry.run !== undefined) {
      entry.run.cancel(reason);
      return 'signalled';
    }
    if (entry.state !== 'waiting' && entry.state !== 'delayed') return 'none';
    this.#table.forget(entry);
    return 'removed';
  }

  async retry(id: string): Promise<void> {
    this.#table.retry(this.#findIn('failed', id));
  }

  async promote(id: string): Promise<void> {
    this.#table.promote(this.#findIn('delayed', id));
  }

  async remove(id: string): Promise<void> {
    this.#assertOpen();
    const entry = this.#table.find(id);
    if (entry === undefined) return;
    if (entry.state === 'active') throw stateConflict(entry);
    this.#table.forget(entry);
  }

  /** Closes the consumers without a drain; no timer is left. Nothing can be asked any more. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(Array.from(this.#consumers, (consumer) => consumer.closeNow()));
    this.#table.close();
  }

  #check(data: T, options: AddOptions | undefined, what: string): NewJob {
    const { priority, delayMs, attempts, backoff } = this.#usual.check(options, what);
    const id = options?.id ?? newId(this.#clock.now());
    return { id, data: snapshotOf(data, 'data'), priority, delayMs, attempts, backoff };
  }

  #findIn(state: JobState, id: string): JobEntry {
    this.#assertOpen();
    const entry = this.#table.find(id);
    if (entry === undefined) {
      throw new QueueError('JOB_NOT_FOUND', `no job "${id}" in queue "${this.#name}"`, { details: { id } });
    }
    if (entry.state !== state) throw stateConflict(entry);
    return entry;
  }

  #assertOpen(): void {
    if (this.#closed) throw new QueueError('QUEUE_CLOSED', `queue "${this.#name}" is closed`);
  }

  #assertFits(jobs: number): void {
    if (this.#table.depth + jobs <= this.#maxDepth) return;
    throw new QueueError('QUEUE_FULL', `queue "${this.#name}" is full (${this.#maxDepth} jobs)`, {
      details: { queue: this.#name, maxDepth: this.#maxDepth },
      retryable: true,
    });
  }

  #noteRoom(consumer: MemoryConsumer<T>): void {
    if (consumer.hasRoom) this.#open.add(consumer);
    else this.#open.delete(consumer);
  }

  /** Jobs start in a microtask of their own: never inside the call that made them start, and always at once. */
  #queueDispatch(): void {
    if (this.#dispatchQueued || this.#open.size === 0) return;
    this.#dispatchQueued = true;
    queueMicrotask(this.#dispatchSoon);
  }

  readonly #dispatchSoon = (): void => {
    this.#dispatchQueued = false;
    this.#dispatch();
  };

  #dispatch(): void {
    while (!this.#closed && !this.#turnPending && !this.#paused) {
      const [consumer] = this.#open;
      if (consumer === undefined || this.#table.waitingCount === 0) return;
      if (this.#table.activeCount >= this.#maxActive) return;
      if (this.#starts === MAX_STARTS_PER_TURN) {
        this.#starts = 0;
        this.#turnPending = true;
        setImmediate(() => {
          this.#turnPending = false;
          this.#dispatch();
        });
        return;
      }
      const entry = this.#table.take();
      if (entry === undefined) return;
      this.#starts++;
      consumer.start(entry);
      // Behind the others, so that consumers share the jobs evenly.
      if (consumer.hasRoom && this.#open.size === 1) continue;
      this.#open.delete(consumer);
      this.#noteRoom(consumer);
    }
  }
}

function stateConflict({ id, state }: JobEntry): QueueError {
  return new QueueError('JOB_STATE_CONFLICT', `job "${id}" is ${state}`, { details: { id, state } });
}
