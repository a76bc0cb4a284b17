import { Job, type Queue } from 'bullmq';
import type { z } from 'zod';
import { newId, parseOptions, type AbortedError, type Clock, type Page } from '#core';
import type { RedisChannels } from '#redis';
import { snapshotOf } from '../jobs/job-json.js';
import { UsualOptions } from '../jobs/usual-options.js';
import { consumeOptionsSchema, jobListSchema } from '../ports/job-queue-options.js';
import { JobQueue, type ConsumeOptions, type Consumer, type JobHandler } from '../ports/job-queue.js';
import type { AddOptions, JobRecord, JobState } from '../ports/job.js';
import type { queueOptionsSchema } from '../ports/queue-driver.js';
import { QueueError } from '../ports/queue.errors.js';
import type { BullConnection } from './bull-connection.js';
import { BullConsumer, type CancelMessage } from './bull-consumer.js';
import { newJobRecord, toJobJson, toJobRecord, type NewJob } from './bull-job.js';
import { BullListing } from './bull-listing.js';
import { bullJobId } from './bull-names.js';
import type { LockOptions } from './bull-worker.js';
import { NO_FLAG, readCancelFlag, toCancelFlag } from './cancel-flag.js';
import { DepthGauge } from './depth-gauge.js';

/** What BullMQ calls the states of a job. */
const STATES: Partial<Record<string, JobState>> = {
  waiting: 'waiting',
  prioritized: 'waiting',
  delayed: 'delayed',
  active: 'active',
  completed: 'completed',
  failed: 'failed',
};

export interface BullJobQueueOptions {
  clock: Clock;
  connection: BullConnection;
  channels: RedisChannels;
  locks: LockOptions;
  name: string;
  queue: Queue;
  options: z.output<typeof queueOptionsSchema>;
  /** @throws {QueueError} `QUEUE_CLOSED`. */
  assertOpen: () => void;
}

/** A queue of BullMQ, whose jobs have our ids, states and errors. */
export class BullJobQueue<T> extends JobQueue<T> {
  readonly #options: BullJobQueueOptions;
  readonly #queue: Queue;
  readonly #cancelChannel: string;
  readonly #depth: DepthGauge;
  readonly #listing: BullListing;
  readonly #usual = new UsualOptions();
  readonly #consumers = new Set<BullConsumer<T>>();

  constructor(options: BullJobQueueOptions) {
    super();
    this.#options = options;
    const { clock, connection, queue } = options;
    this.#queue = queue;
    this.#cancelChannel = queue.toKey('cancel');
    this.#depth = new DepthGauge({
      clock,
      count: () => queue.getJobCountByTypes('wait', 'prioritized', 'delayed'),
    });
    this.#listing = new BullListing({
      client: connection.client,
      toKey: (type) => queue.toKey(type),
      load: (bullId, state) => this.#load(bullId, state),
    });
  }

  async add(data: T, options?: AddOptions): Promise<JobRecord<T>> {
    const job = this.#check(data, options, 'JobQueue.add');
    await this.#add(job);
    // An id of its own is nobody else's.
    if (options?.id === undefined) return newJobRecord<T>(job);
    return (await this.get(job.id)) ?? newJobRecord<T>(job);
  }

  async enqueue(data: T, options?: AddOptions): Promise<void> {
    await this.#add(this.#check(data, options, 'JobQueue.enqueue'));
  }

  async addBulk(jobs: readonly { data: T; options?: AddOptions }[]): Promise<JobRecord<T>[]> {
    this.#options.assertOpen();
    const checked = jobs.map(({ data, options }, index) =>
      this.#check(data, options, `JobQueue.addBulk, job ${index}`),
    );
    return this.#run(async () => {
      const { connection, options } = this.#options;
      const { prefix } = connection;
      const { maxDepth } = options;
      if (!this.#depth.isFarFrom(maxDepth, checked.length)) {
        const fresh = await this.#unknown(new Set(checked.map(({ id }) => id)));
        if (!(await this.#depth.hasRoom(maxDepth, fresh))) throw this.#full();
      }
      this.#depth.added(checked.length);
      // A flow without parents is a transaction.
      const results = await this.#queue.getBackend().addFlow(
        checked.map((job) => {
          const jobData = toJobJson(job);
          return { jobData, jobId: jobData.id, prefix, queueName: this.#queue.name, parentKeyOpts: {} };
        }),
      );
      for (const [error] of results) if (error) throw error;
      return Promise.all(checked.map(async (job) => (await this.#get(job.id)) ?? newJobRecord<T>(job)));
    });
  }

  async get(id: string): Promise<JobRecord<T> | undefined> {
    return this.#run(() => this.#get(id));
  }

  async list(
    states: readonly JobState[],
    options: { cursor?: string; limit?: number } = {},
  ): Promise<Page<JobRecord<T>>> {
    this.#options.assertOpen();
    const {
      states: asked,
      limit,
      cursor,
    } = parseOptions(jobListSchema, { ...options, states }, 'JobQueue.list');
    return this.#run(() => this.#listing.page<T>(asked, limit, cursor));
  }

  async counts(): Promise<Record<JobState, number>> {
    return this.#run(async () => {
      const {
        wait = 0,
        prioritized = 0,
        delayed = 0,
        active = 0,
        completed = 0,
        failed = 0,
      } = await this.#queue.getJobCounts('wait', 'prioritized', 'delayed', 'active', 'completed', 'failed');
      return { waiting: wait + prioritized, delayed, active, completed, failed };
    });
  }

  async fits(jobs: number, maxDepth: number): Promise<boolean> {
    return this.#run(async () => this.#fits(jobs, maxDepth));
  }

  async pause(): Promise<void> {
    await this.#run(() => this.#queue.pause());
  }

  async resume(): Promise<void> {
    await this.#run(() => this.#queue.resume());
  }

  async isPaused(): Promise<boolean> {
    return this.#run(() => this.#queue.isPaused());
  }

  consume(handler: JobHandler<T>, options: ConsumeOptions): Consumer {
    this.#options.assertOpen();
    const { concurrency, reuseSignals } = parseOptions(
      consumeOptionsSchema,
      options,
      'JobQueue.consume options',
    );
    const { clock, connection, channels, locks, options: queueOptions } = this.#options;
    const consumer = new BullConsumer<T>({
      clock,
      connection,
      channels,
      cancelChannel: this.#cancelChannel,
      locks,
      queueName: this.#queue.name,
      maxActive: queueOptions.maxActive,
      retention: queueOptions.retention,
      handler,
      concurrency,
      reuseSignals,
      onClosed: (closed) => void this.#consumers.delete(closed),
    });
    this.#consumers.add(consumer);
    return consumer;
  }

  /**
   * A job that starts and ends between the look at its state and its removal counts as removed: BullMQ removes whatever
   * is not active, and has no removal that asks for a state.
   */
  async cancel(id: string, reason: AbortedError): Promise<'removed' | 'signalled' | 'none'> {
    const bullId = bullJobId(id);
    return this.#run(async () => {
      const state = await this.#stateOf(bullId);
      if (state !== 'waiting' && state !== 'delayed' && state !== 'active') return 'none';
      if (state !== 'active' && (await this.#queue.remove(bullId)) === 1) return 'removed';
      return (await this.#signal(bullId, reason)) ? 'signalled' : 'none';
    });
  }

  async retry(id: string): Promise<void> {
    await this.#run(async () => {
      const bullId = bullJobId(id);
      const job = await this.#queue.getJob(bullId);
      if (job === undefined) throw this.#notFound(id);
      if (readCancelFlag(job.progress) !== undefined) await this.#queue.updateJobProgress(bullId, NO_FLAG);
      await this.#change(id, () => job.retry('failed', { resetAttemptsMade: true }));
    });
  }

  async promote(id: string): Promise<void> {
    await this.#run(() => this.#change(id, () => this.#queue.getBackend().promote(bullJobId(id))));
  }

  async remove(id: string): Promise<void> {
    await this.#run(async () => {
      const bullId = bullJobId(id);
      const state = await this.#stateOf(bullId);
      if (state === undefined) return;
      if (state === 'active' || (await this.#queue.remove(bullId)) !== 1) throw stateConflict(id, 'active');
    });
  }

  /** @throws {BackendUnavailableError} when a consumer that is open cannot take jobs; the signal's reason. */
  async assertFit(signal: AbortSignal): Promise<void> {
    await Promise.all(Array.from(this.#consumers, (consumer) => consumer.assertFit(signal)));
  }

  /** Closes the consumers without a drain. */
  async close(): Promise<void> {
    await Promise.all(Array.from(this.#consumers, (consumer) => consumer.closeNow()));
  }

  async #run<R>(command: () => Promise<R>): Promise<R> {
    this.#options.assertOpen();
    return this.#options.connection.run(command);
  }

  #check(data: T, options: AddOptions | undefined, what: string): NewJob {
    this.#options.assertOpen();
    const { priority, delayMs, attempts, backoff } = this.#usual.check(options, what);
    const addedAt = this.#options.clock.now();
    const id = options?.id ?? newId(addedAt);
    return { id, data: snapshotOf(data, 'data'), priority, delayMs, attempts, backoff, addedAt };
  }

  async #add(job: NewJob): Promise<void> {
    await this.#run(async () => {
      if (!(await this.#fits(1, this.#options.options.maxDepth))) {
        if ((await this.#unknown([job.id])) === 0) return;
        throw this.#full();
      }
      this.#depth.added(1);
      const json = toJobJson(job);
      await this.#queue.getBackend().addJob(json, json.id);
    });
  }

  /** Without a promise where that is certain at once. */
  #fits(jobs: number, maxDepth: number): boolean | Promise<boolean> {
    return this.#depth.isFarFrom(maxDepth, jobs) || this.#depth.hasRoom(maxDepth, jobs);
  }

  /** How many of the ids there is no job of. */
  async #unknown(ids: Iterable<string>): Promise<number> {
    const states = await Promise.all(Array.from(ids, (id) => this.#stateOf(bullJobId(id))));
    return states.filter((state) => state === undefined).length;
  }

  async #get(id: string): Promise<JobRecord<T> | undefined> {
    const bullId = bullJobId(id);
    const backend = this.#queue.getBackend();
    // In this order: of a job that ends meanwhile there is more than its state says, never less.
    const [state, json] = await Promise.all([backend.getState(bullId), backend.getJobData(bullId)]);
    const known = STATES[state];
    if (json === undefined || known === undefined) return undefined;
    return toJobRecord<T>(Job.fromJSON(this.#queue, json, bullId), known);
  }

  async #load<U>(bullId: string, state: JobState): Promise<JobRecord<U> | undefined> {
    const job = await this.#queue.getJob(bullId);
    return job && toJobRecord<U>(job, state);
  }

  async #stateOf(bullId: string): Promise<JobState | undefined> {
    return STATES[await this.#queue.getBackend().getState(bullId)];
  }

  /** Leaves word with the job, then tells who may have it. @returns false when the job has gone. */
  async #signal(bullId: string, reason: AbortedError): Promise<boolean> {
    const flag = toCancelFlag(reason);
    try {
      await this.#queue.updateJobProgress(bullId, flag);
    } catch (error) {
      if (isRefusal(error)) return false;
      throw error;
    }
    for (const consumer of this.#consumers) consumer.cancel(bullId, reason);
    const message: CancelMessage = { id: bullId, flag };
    await this.#options.connection.client.publish(this.#cancelChannel, JSON.stringify(message));
    return true;
  }

  /** @throws {QueueError} `JOB_NOT_FOUND`, `JOB_STATE_CONFLICT`, when BullMQ refuses the change. */
  async #change(id: string, change: () => Promise<unknown>): Promise<void> {
    try {
      await change();
    } catch (error) {
      if (!isRefusal(error)) throw error;
      const state = await this.#stateOf(bullJobId(id));
      throw state === undefined ? this.#notFound(id) : stateConflict(id, state);
    }
  }

  #notFound(id: string): QueueError {
    const { name } = this.#options;
    return new QueueError('JOB_NOT_FOUND', `no job "${id}" in queue "${name}"`, { details: { id } });
  }

  #full(): QueueError {
    const { name, options } = this.#options;
    return new QueueError('QUEUE_FULL', `queue "${name}" is full (${options.maxDepth} jobs)`, {
      details: { queue: name, maxDepth: options.maxDepth },
      retryable: true,
    });
  }
}

/** Whether BullMQ says that the job is not there, or not in the state that it would have to be in. */
function isRefusal(error: unknown): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'number';
}

function stateConflict(id: string, state: JobState): QueueError {
  return new QueueError('JOB_STATE_CONFLICT', `job "${id}" is ${state}`, { details: { id, state } });
}
