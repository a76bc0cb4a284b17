import { WaitingError, type Job } from 'bullmq';
import { z } from 'zod';
import { type AbortedError, parseJson, untilAborted, type Clock, type JsonValue } from '#core';
import type { RedisChannels } from '#redis';
import { DrainingConsumer } from '../jobs/draining-consumer.js';
import { attemptError, snapshotOf } from '../jobs/job-json.js';
import type { JobHandler } from '../ports/job-queue.js';
import type { JobRetention } from '../ports/job.js';
import type { BullConnection } from './bull-connection.js';
import { toFailure } from './bull-failure.js';
import { toJobRecord } from './bull-job.js';
import { BullRun } from './bull-run.js';
import { BullWorker, type LockOptions } from './bull-worker.js';
import { readCancelFlag } from './cancel-flag.js';

/** Cancelled jobs to look out for that are known to be active somewhere; the oldest are forgotten. */
const MAX_EXPECTED = 1_000;

/** Told by whoever cancels an active job, to all consumers of its queue; the flag is with the job. */
const cancelMessageSchema = z.object({ id: z.string(), flag: z.unknown() });
export type CancelMessage = z.input<typeof cancelMessageSchema>;

export interface BullConsumerOptions<T> {
  clock: Clock;
  connection: BullConnection;
  channels: RedisChannels;
  /** Where cancels are told. */
  cancelChannel: string;
  locks: LockOptions;
  /** As BullMQ knows the queue. */
  queueName: string;
  maxActive: number | undefined;
  retention: JobRetention;
  handler: JobHandler<T>;
  concurrency: number;
  reuseSignals: boolean;
  onClosed: (consumer: BullConsumer<T>) => void;
}

/** Runs one handler for the jobs that a worker of BullMQ takes. */
export class BullConsumer<T> extends DrainingConsumer<BullRun> {
  readonly #options: BullConsumerOptions<T>;
  readonly #worker: BullWorker;
  readonly #runs = new Set<BullRun>();
  /** Of runs that have ended; as many at most as run at once. */
  readonly #spare: AbortController[] = [];
  /** Ids of BullMQ: cancelled before they were known to run here, which they may be about to. */
  readonly #expected = new Set<string>();
  readonly #leaveChannel: Promise<(() => void) | undefined>;
  #paused = false;

  constructor(options: BullConsumerOptions<T>) {
    super(options.clock);
    this.#options = options;
    const { clock, connection, queueName, concurrency, maxActive, retention, locks } = options;
    this.#worker = new BullWorker({
      ...locks,
      clock,
      connection,
      queueName,
      concurrency,
      maxActive,
      retention,
      process: (job, token) => this.#process(job, token),
      onLocksLost: (ids) => this.#loseAll(new Set(ids)),
    });
    this.#leaveChannel = this.#listen();
  }

  /** @throws {BackendUnavailableError} when it cannot take jobs; the signal's reason. */
  async assertFit(signal: AbortSignal): Promise<void> {
    if (await untilAborted(this.#worker.isFit(), signal)) return;
    throw this.#options.connection.unavailable(
      `no connection to take jobs of "${this.#options.queueName}" with`,
    );
  }

  /** @returns whether the job runs here. */
  cancel(bullId: string, reason: AbortedError): boolean {
    let found = false;
    for (const run of this.#runs) {
      if (run.job.id !== bullId) continue;
      run.cancel(reason);
      found = true;
    }
    return found;
  }

  async pause(): Promise<void> {
    this.#paused = true;
    if (!this.closing) await this.#worker.pause();
  }

  async resume(): Promise<void> {
    this.#paused = false;
    if (!this.closing) await this.#worker.resume();
  }

  protected stopTaking(): void {
    void this.#worker.pause();
  }

  protected lastStartedFirst(): BullRun[] {
    return [...this.#runs].reverse();
  }

  protected abandon(run: BullRun): void {
    this.#runs.delete(run);
    this.countEnd(run.lost ? undefined : 'abandoned');
    this.#report(run, false, undefined);
  }

  protected async release(): Promise<void> {
    // It may have to wait for a connection.
    void this.#leaveChannel.then((leave) => leave?.());
    await this.#worker.close();
    this.#options.onClosed(this);
  }

  /** What BullMQ calls with a job that it has taken. */
  #process(job: Job, token: string): Promise<unknown> {
    // Its worker was waiting for a job when it was told to take no more.
    if (this.#paused || this.closing) return this.#handBack(job, token);
    if (this.#expected.size > 0 && this.#expected.delete(job.id ?? ''))
      return this.#startAsFlagged(job, token);
    return this.#start(job, token, readCancelFlag(job.progress));
  }

  /** What BullMQ has read of the job may be older than its flag. */
  async #startAsFlagged(job: Job, token: string): Promise<unknown> {
    return this.#start(job, token, readCancelFlag(await this.#worker.progressOf(job.id ?? '')));
  }

  /** @param cancelled why it was, before it came here: the handler brings to its end what it stands for. */
  #start(job: Job, token: string, cancelled: AbortedError | undefined): Promise<unknown> {
    const run = new BullRun(job, token, this.#spare.pop() ?? new AbortController());
    if (cancelled !== undefined) run.cancel(cancelled);
    this.#runs.add(run);
    this.countBegin();
    void this.#handle(run);
    return run.outcome;
  }

  async #handle(run: BullRun): Promise<void> {
    let value: unknown;
    try {
      value = await this.#options.handler(toJobRecord<T>(run.job, 'active'), run.signal, run.abort);
    } catch (error) {
      this.#settle(run, false, error);
      return;
    }
    this.#settle(run, true, value);
  }

  #settle(run: BullRun, succeeded: boolean, outcome: unknown): void {
    // A run that was given up has no say any more.
    if (!this.#runs.delete(run)) return;
    const controller = run.end();
    if (controller !== undefined && this.#options.reuseSignals) this.#spare.push(controller);
    const handedBack = !succeeded && run.interrupted && run.cancelled === undefined;
    this.countEnd(run.lost ? undefined : handedBack ? 'handedBack' : 'finished');
    this.#report(run, succeeded, outcome);
  }

  /** Tells BullMQ what came of a run. */
  #report(run: BullRun, succeeded: boolean, outcome: unknown): void {
    if (run.lost) {
      // Leaves the job as it is.
      run.reject(new WaitingError());
    } else if (run.cancelled !== undefined) {
      run.reject(toFailure(attemptError(run.cancelled), true));
    } else if (succeeded) {
      this.#complete(run, outcome);
    } else if (run.interrupted) {
      run.resolve(this.#handBack(run.job, run.token));
    } else {
      const record = attemptError(outcome);
      run.reject(toFailure(record, !record.retryable));
    }
  }

  #complete(run: BullRun, value: unknown): void {
    let result: JsonValue;
    try {
      result = value === undefined ? null : snapshotOf(value, 'result');
    } catch (error) {
      run.reject(toFailure(attemptError(error), true));
      return;
    }
    run.resolve(result);
  }

  /** Rejects with what tells BullMQ that the job waits again. */
  async #handBack(job: Job, token: string): Promise<never> {
    try {
      await this.#worker.handBack(job, token);
    } catch (error) {
      // Lost, or Redis has gone: it goes back by itself.
      this.#options.connection.errors.log(error);
    }
    throw new WaitingError();
  }

  #loseAll(ids: ReadonlySet<string>): void {
    for (const run of this.#runs) if (ids.has(run.job.id ?? '')) run.lose();
  }

  async #listen(): Promise<(() => void) | undefined> {
    const { channels, cancelChannel, connection } = this.#options;
    try {
      const leave = await channels.subscribe(cancelChannel, (message) => this.#hear(message));
      // Of what was told before nothing was heard.
      await this.#readFlags();
      return leave;
    } catch (error) {
      connection.errors.log(error);
      return undefined;
    }
  }

  #hear(message: string | undefined): void {
    if (message === undefined) {
      this.#readFlags().catch(this.#options.connection.errors.log);
      return;
    }
    const { data } = cancelMessageSchema.safeParse(parseJson(message));
    const reason = readCancelFlag(data?.flag);
    if (data === undefined || reason === undefined || this.cancel(data.id, reason)) return;
    for (const oldest of this.#expected) {
      if (this.#expected.size < MAX_EXPECTED) break;
      this.#expected.delete(oldest);
    }
    this.#expected.add(data.id);
  }

  /** Cancels what was cancelled unheard. */
  async #readFlags(): Promise<void> {
    await Promise.all(
      Array.from(this.#runs, async (run) => {
        const reason = readCancelFlag(await this.#worker.progressOf(run.job.id ?? ''));
        if (reason !== undefined && this.#runs.has(run)) run.cancel(reason);
      }),
    );
  }
}
