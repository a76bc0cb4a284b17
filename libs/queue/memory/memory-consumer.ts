import type { Clock, JsonValue } from '#core';
import { DrainingConsumer } from '../jobs/draining-consumer.js';
import { attemptError, snapshotOf } from '../jobs/job-json.js';
import type { JobHandler } from '../ports/job-queue.js';
import { toJobRecord, type JobEntry } from './job-entry.js';
import type { JobTable } from './job-table.js';
import { MemoryRun } from './memory-run.js';

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

/** Runs one handler for the jobs that the queue gives it. */
export class MemoryConsumer<T> extends DrainingConsumer<MemoryRun> {
  readonly #options: MemoryConsumerOptions<T>;
  /** Of runs that have ended; as many at most as run at once. */
  readonly #spare: AbortController[] = [];
  #paused = false;

  constructor(options: MemoryConsumerOptions<T>) {
    super(options.clock);
    this.#options = options;
  }

  /** Whether it takes another job now. */
  get hasRoom(): boolean {
    return this.active < this.#options.concurrency && !this.#paused && !this.closing;
  }

  async pause(): Promise<void> {
    this.#paused = true;
    this.#options.onRoomChanged(this);
  }

  async resume(): Promise<void> {
    this.#paused = false;
    this.#options.onRoomChanged(this);
  }

  /** Calls the handler with an entry that was just taken; whatever comes of it comes after `start` returned. */
  start(entry: JobEntry): void {
    entry.run = new MemoryRun(entry, this, this.#spare.pop() ?? new AbortController());
    this.countBegin();
    void this.#handle(entry.run);
  }

  protected stopTaking(): void {
    this.#options.onRoomChanged(this);
  }

  protected lastStartedFirst(): MemoryRun[] {
    const runs: MemoryRun[] = [];
    for (const { run } of this.#options.table.entries('active')) if (run?.owner === this) runs.push(run);
    return runs.reverse();
  }

  protected abandon(run: MemoryRun): void {
    this.countEnd('abandoned');
    if (run.cancelled === undefined) this.#options.table.handBack(run.entry);
    else this.#options.table.fail(run.entry, attemptError(run.cancelled));
  }

  protected release(): void {
    this.#options.onClosed(this);
  }

  async #handle(run: MemoryRun): Promise<void> {
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
  #call(run: MemoryRun): Promise<unknown> {
    try {
      return this.#options.handler(toJobRecord<T>(run.entry), run.signal, run.abort);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #settle(run: MemoryRun, succeeded: boolean, outcome: unknown): void {
    // A run that was given up has no say any more.
    if (run.entry.run !== run) return;
    const controller = run.end();
    if (controller !== undefined && this.#options.reuseSignals) this.#spare.push(controller);
    const handedBack = !succeeded && run.interrupted && run.cancelled === undefined;
    if (handedBack) this.#options.table.handBack(run.entry);
    else this.#end(run, succeeded, outcome);
    this.countEnd(handedBack ? 'handedBack' : 'finished');
    this.#options.onRoomChanged(this);
  }

  #end({ entry, cancelled }: MemoryRun, succeeded: boolean, outcome: unknown): void {
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
}
