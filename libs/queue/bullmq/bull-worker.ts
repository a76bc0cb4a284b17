import type { Job, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Clock } from '#core';
import { hangUp, makeClient, waitingOptions } from '#redis';
import type { JobRetention } from '../ports/job.js';
import type { BullConnection } from './bull-connection.js';
import { backoffOf } from './bull-job.js';
import { OwningWorker } from './owning-worker.js';

/** How often a job may be recovered before BullMQ fails it by itself: in effect never, whoever handles it decides. */
const MAX_RECOVERIES = 2 ** 31 - 1;

/** How soon a worker tries again after its connection failed. */
const RETRY_DELAY_MS = 1_000;

/** Longest wait for what BullMQ has still to tell Redis when a worker closes: without Redis it would wait for ever. */
const CLOSE_WITHIN_MS = 2_000;

const MS_PER_SECOND = 1_000;

/** How long a job is a worker's own without a sign of life, and how often others look for jobs that nobody owns any more. */
export interface LockOptions {
  lockDurationMs: number;
  stalledIntervalMs: number;
}

export interface BullWorkerOptions extends LockOptions {
  clock: Clock;
  connection: BullConnection;
  /** As BullMQ knows the queue. */
  queueName: string;
  concurrency: number;
  maxActive: number | undefined;
  retention: JobRetention;
  process: (job: Job, token: string) => Promise<unknown>;
  /** Others may have these jobs, by the ids BullMQ knows them by. */
  onLocksLost: (ids: readonly string[]) => void;
}

/** A worker of BullMQ and its two connections, one of which blocks until there is work. They wait for Redis to come back. */
export class BullWorker {
  readonly #options: BullWorkerOptions;
  readonly #worker: Worker;
  readonly #client: Redis;
  #blocking: Redis | undefined;
  readonly #started: Promise<void>;
  #closing = false;

  constructor(options: BullWorkerOptions) {
    const { connection, queueName, concurrency, retention, lockDurationMs, stalledIntervalMs } = options;
    const { errors, redis, prefix } = connection;
    this.#options = options;
    const clientOptions = waitingOptions(redis);
    // The worker tells of the errors of both.
    const silent = (): void => undefined;
    this.#client = makeClient(clientOptions, silent);
    // How BullMQ makes the one that blocks, which it keeps for itself.
    this.#client.duplicate = (changes) =>
      (this.#blocking = makeClient({ ...clientOptions, ...changes, replyMapping: 'legacy' }, silent));
    // Two parameters: with a third BullMQ would make an AbortController for each job.
    const process = (job: Job, token = ''): Promise<unknown> => options.process(job, token);
    this.#worker = new OwningWorker(queueName, process, {
      connection: this.#client,
      prefix,
      autorun: false,
      concurrency,
      lockDuration: lockDurationMs,
      stalledInterval: stalledIntervalMs,
      maxStalledCount: MAX_RECOVERIES,
      runRetryDelay: RETRY_DELAY_MS,
      removeOnComplete: keepJobs(retention),
      removeOnFail: keepJobs(retention),
      settings: { backoffStrategy: (attemptsMade, _type, _error, job) => backoffOf(job, attemptsMade) },
    });
    this.#worker.on('error', errors.log);
    this.#worker.on('lockRenewalFailed', options.onLocksLost);
    this.#started = this.#start();
  }

  /** Whether it can be given jobs, or has been told to pause. Waits for its start. */
  async isFit(): Promise<boolean> {
    await this.#started;
    const connected = this.#client.status === 'ready' && this.#blocking?.status === 'ready';
    return connected && (this.#worker.isRunning() || this.#worker.isPaused());
  }

  /** A job that it waited for may still come. */
  async pause(): Promise<void> {
    await this.#worker.pause(true);
  }

  async resume(): Promise<void> {
    await this.#worker.resume();
  }

  /** To the front of the queue, as if it had not been taken. */
  async handBack(job: Job, token: string): Promise<void> {
    await job.moveToWait(token);
    // BullMQ wakes nobody for a job that goes back with its priority; idle workers would find it by chance.
    await this.#wakeOthers();
  }

  /** The `progress` of a job, as it is now; undefined when the job has gone. */
  async progressOf(id: string): Promise<unknown> {
    return (await this.#worker.getBackend().getJobData(id))?.progress;
  }

  /** Resolves when Redis was told of all that has ended, at the latest after a while; the connections are gone. */
  async close(): Promise<void> {
    this.#closing = true;
    await this.#withinTime(this.#closeWorker());
    hangUp(this.#client);
    if (this.#blocking !== undefined) hangUp(this.#blocking);
  }

  async #closeWorker(): Promise<void> {
    await this.#worker.close();
    // A worker that ends a job takes the next one; this one leaves a slot to the others, and BullMQ wakes nobody for it.
    if (this.#options.maxActive !== undefined) await this.#wakeOthers();
  }

  /** Has an idle worker look for jobs. */
  async #wakeOthers(): Promise<void> {
    await this.#client.zadd(this.#worker.keys.marker ?? '', 0, '0');
  }

  async #start(): Promise<void> {
    const { connection, maxActive } = this.#options;
    try {
      const backend = this.#worker.getBackend();
      if (maxActive === undefined) await backend.removeQueueMetaFields(['concurrency']);
      else await backend.setQueueMeta({ concurrency: maxActive });
    } catch (error) {
      // Its connection waits for Redis: it is closed already.
      connection.errors.log(error);
      return;
    }
    if (this.#closing || this.#worker.isRunning()) return;
    this.#worker.run().catch(connection.errors.log);
  }

  async #withinTime(work: Promise<void>): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = this.#options.clock.setTimer(resolve, CLOSE_WITHIN_MS, { ref: true });
      void work.catch(this.#options.connection.errors.log).finally(() => {
        timer.cancel();
        resolve();
      });
    });
  }
}

function keepJobs({ maxAgeMs, maxCount }: JobRetention): { age: number; count: number } | { count: 0 } {
  if (maxAgeMs === 0 || maxCount === 0) return { count: 0 };
  return { age: maxAgeMs / MS_PER_SECOND, count: maxCount };
}
