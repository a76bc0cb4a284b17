import { AbortedError, Deadline, untilAborted, type Clock } from '#core';
import type { Consumer, JobQueue } from '#queue';
import type { Intake } from './intake.js';

export interface DrainOptions {
  queue: JobQueue<unknown>;
  intake: Intake;
  consumer: Consumer | undefined;
  clock: Clock;
  /** Whether what stays in the queue outlives this process. */
  durable: boolean;
  gracePeriodMs: number;
  abortGraceMs: number;
  /** How many tasks were given up so far. */
  abandonedTasks: () => number;
}

export interface DrainReport {
  durationMs: number;
  /**
   * Executions that this process leaves unfinished: on a driver whose work outlives it those that it handed back, on
   * any other all that are in the queue.
   */
  remaining: number;
  /** Tasks that ignored their signal during the drain and were given up. */
  abandoned: number;
  /** Whether the remaining ones are lost when the process ends. */
  lost: boolean;
}

/** What a run gets beyond `abortGraceMs` to write down what it has when its tasks were given up. */
const LAST_COMMIT_MS = 1_000;

/** The end of a queue's consumption: once, in bounded time, with a report. */
export class Drain {
  readonly #options: DrainOptions;
  #report: Promise<DrainReport> | undefined;
  #onJobGone: () => void = () => undefined;

  constructor(options: DrainOptions) {
    this.#options = options;
  }

  /** Idempotent. */
  run(): Promise<DrainReport> {
    this.#report ??= this.#run();
    return this.#report;
  }

  /** Told whenever a job has left the queue, so that the drain ends with the last one. */
  jobGone(): void {
    // The queue learns of a handler's end only after the handler has returned.
    setImmediate(() => this.#onJobGone());
  }

  async #run(): Promise<DrainReport> {
    const { consumer, clock, durable, gracePeriodMs, abortGraceMs, abandonedTasks } = this.#options;
    const startedAt = clock.monotonic();
    const abandonedBefore = abandonedTasks();
    await this.#settled();
    const leftMs = Math.max(0, Math.ceil(gracePeriodMs - (clock.monotonic() - startedAt)));
    // Where others can go on with what runs here, they do so at once.
    const drainMs = durable ? 0 : leftMs;
    const closed = await consumer?.close({ drainMs, abortGraceMs: abortGraceMs + LAST_COMMIT_MS });
    const remaining = durable ? (closed?.handedBack ?? 0) + (closed?.abandoned ?? 0) : await this.#queued();
    return {
      durationMs: clock.monotonic() - startedAt,
      remaining,
      abandoned: abandonedTasks() - abandonedBefore,
      lost: !durable && remaining > 0,
    };
  }

  async #queued(): Promise<number> {
    const { waiting, delayed, active } = await this.#options.queue.counts();
    return waiting + delayed + active;
  }

  /** Resolves when nobody is at the door and, unless the queue keeps them, no job is left; or the grace is over. */
  async #settled(): Promise<void> {
    const { intake, clock, durable, consumer, gracePeriodMs } = this.#options;
    const grace = new Deadline({ clock, timeoutMs: gracePeriodMs, what: 'the drain', ref: true });
    try {
      await untilAborted(intake.close(), grace.signal);
      if (durable || consumer === undefined) return;
      for (;;) {
        const gone = new Promise<void>((resolve) => (this.#onJobGone = resolve));
        if ((await this.#queued()) === 0) return;
        await untilAborted(gone, grace.signal);
      }
    } catch (error) {
      if (!(error instanceof AbortedError)) throw error;
    } finally {
      grace.dispose();
    }
  }
}
