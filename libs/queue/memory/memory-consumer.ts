import { parseOptions, type Clock, type JsonValue } from '#core';
import { consumerCloseOptionsSchema } from '../ports/job-queue-options.js';
import {
  Consumer,
  type ConsumerCloseOptions,
  type ConsumerCloseReport,
  type JobHandler,
} from '../ports/job-queue.js';
import { toJobRecord, type JobEntry } from './job-entry.js';
import { attemptError, snapshotOf } from './job-json.js';
import { JobRun } from './job-run.js';
import type { JobTable } from './job-table.js';

export interface MemoryConsumerOptions<T> {
  clock: Clock;
  table: JobTable;
  handler: JobHandler<T>;
  concurrency: number;
  reuseSignals: boolean;
  /** Told when {@link MemoryConsumer.hasRoom} may have changed, except by `start`. */
  onRoomChanged: (consumer: MemoryConsumer<T>) => void;
  onClosed: (consumer: MemoryConsumer<T>) => void;
}

/**
 * Runs one handler for the jobs that the queue gives it.
 * States: open (⇄ paused) → `close` → draining → aborting → closed.
 */
export class MemoryConsumer<T> extends Consumer {
  readonly #options: MemoryConsumerOptions<T>;
  #active = 0;
  /** Of runs that have ended; as many at most as run at once. */
  readonly #spare: AbortController[] = [];
  readonly #report: ConsumerCloseReport = { finished: 0, handedBack: 0, abandoned: 0 };
  #paused = false;
  #closing = false;
  #draining = false;
  #closed: Promise<ConsumerCloseReport> | undefined;
  /** Ends the wait of `close` for the runs. */
  #stopWaiting: (() => void) | undefined;

  constructor(options: MemoryConsumerOptions<T>) {
    super();
    this.#options = options;
  }

  get active(): number {
    return this.#active;
  }

  /** Whether it takes another job now. */
  get hasRoom(): boolean {
    return this.#active < this.#options.concurrency && !this.#paused && !this.#closing;
  }

  async pause(): Promise<void> {
    this.#paused = true;
    this.#options.onRoomChanged(this);
  }

  async resume(): Promise<void> {
    this.#paused = false;
    this.#options.onRoomChanged(this);
  }

  async close(options: ConsumerCloseOptions): Promise<ConsumerCloseReport> {
    const { drainMs, abortGraceMs } = parseOptions(
      consumerCloseOptionsSchema,
      options,
      'Consumer.close options',
    );
    return { ...(await (this.#closed ??= this.#close(drainMs, abortGraceMs))) };
  }

  /** As `close` without a drain; one under way ends at once. */
  async closeNow(): Promise<void> {
    if (this.#draining) this.#stopWaiting?.();
    await this.close({ drainMs: 0 });
  }

  /** Calls the handler with an entry that was just taken; whatever comes of it comes after `start` returned. */
  start(entry: JobEntry): void {
    entry.run = new JobRun(entry, this, this.#spare.pop() ?? new AbortController());
    this.#active++;
    void this.#handle(entry.run);
  }

  async #handle(run: JobRun): Promise<void> {
    let value: unknown;
    try {
      value = await this.#call(run);
    } catch (error) {
      this.#settle(run, false, error);
      return;
    }
    this.#settle(run, true, value);
  }

  /** Never throws: a handler that throws at once must not settle inside of `start`. */
  #call(run: JobRun): Promise<unknown> {
    try {
      return this.#options.handler(toJobRecord<T>(run.entry), run.signal, run.abort);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #settle(run: JobRun, succeeded: boolean, outcome: unknown): void {
    // A run that was given up has no say any more.
    if (run.entry.run !== run) return;
    this.#active--;
    const controller = run.end();
    if (controller !== undefined && this.#options.reuseSignals) this.#spare.push(controller);
    const handedBack = !succeeded && run.interrupted && run.cancelled === undefined;
    if (handedBack) this.#options.table.handBack(run.entry);
    else this.#end(run, succeeded, outcome);
    if (this.#closing) this.#report[handedBack ? 'handedBack' : 'finished']++;
    if (this.#active === 0) this.#stopWaiting?.();
    this.#options.onRoomChanged(this);
  }

  #end({ entry, cancelled }: JobRun, succeeded: boolean, outcome: unknown): void {
    const { table } = this.#options;
    if (cancelled !== undefined) {
      table.fail(entry, attemptError(cancelled));
    } else if (!succeeded) {
      table.failAttempt(entry, attemptError(outcome));
    } else {
      let result: JsonValue;
      try {
        result = outcome === undefined ? null : snapshotOf(outcome, 'result');
      } catch (error) {
        table.fail(entry, attemptError(error));
        return;
      }
      table.complete(entry, result);
    }
  }

  async #close(drainMs: number, abortGraceMs: number): Promise<ConsumerCloseReport> {
    this.#closing = true;
    this.#options.onRoomChanged(this);
    this.#draining = true;
    // Awaits in any case: no listener of a signal may run before `close` has remembered this promise.
    await (drainMs > 0 ? this.#settledWithin(drainMs) : undefined);
    this.#draining = false;
    for (const run of this.#lastStartedFirst()) run.interrupt();
    await this.#settledWithin(abortGraceMs);
    for (const run of this.#lastStartedFirst()) this.#abandon(run);
    this.#options.onClosed(this);
    return this.#report;
  }

  /** The last started goes back first, so that each finds its place at the front of its list at once. */
  #lastStartedFirst(): JobRun[] {
    const runs: JobRun[] = [];
    for (const { run } of this.#options.table.entries('active')) if (run?.owner === this) runs.push(run);
    return runs.reverse();
  }

  /** Resolves when no handler runs any more, at the latest after `ms`. */
  async #settledWithin(ms: number): Promise<void> {
    if (this.#active === 0) return;
    await new Promise<void>((resolve) => {
      // Somebody waits for the end of the close, so the process must live.
      const timer = this.#options.clock.setTimer(resolve, ms, { ref: true });
      this.#stopWaiting = () => {
        timer.cancel();
        resolve();
      };
    });
    this.#stopWaiting = undefined;
  }

  #abandon(run: JobRun): void {
    this.#active--;
    this.#report.abandoned++;
    if (run.cancelled === undefined) this.#options.table.handBack(run.entry);
    else this.#options.table.fail(run.entry, attemptError(run.cancelled));
  }
}
