import { parseOptions, type Clock } from '#core';
import { consumerCloseOptionsSchema } from '../ports/job-queue-options.js';
import { Consumer, type ConsumerCloseOptions, type ConsumerCloseReport } from '../ports/job-queue.js';
import type { JobRun } from './job-run.js';

/**
 * How a consumer closes, whatever its jobs are kept in.
 * States: open → `close` → draining → aborting → closed.
 */
export abstract class DrainingConsumer<R extends JobRun> extends Consumer {
  readonly #clock: Clock;
  #active = 0;
  readonly #report: ConsumerCloseReport = { finished: 0, handedBack: 0, abandoned: 0 };
  #closing = false;
  #draining = false;
  #closed: Promise<ConsumerCloseReport> | undefined;
  /** Ends the wait of `close` for the runs. */
  #stopWaiting: (() => void) | undefined;

  constructor(clock: Clock) {
    super();
    this.#clock = clock;
  }

  get active(): number {
    return this.#active;
  }

  /** Whether it takes no job any more. */
  protected get closing(): boolean {
    return this.#closing;
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

  /** A handler has begun. */
  protected countBegin(): void {
    this.#active++;
  }

  /** A handler has ended, or was given up. @param as what the report is to call it, if anything. */
  protected countEnd(as: keyof ConsumerCloseReport | undefined): void {
    this.#active--;
    if (this.#closing && as !== undefined) this.#report[as]++;
    if (this.#active === 0) this.#stopWaiting?.();
  }

  /** `closing` has become true. */
  protected abstract stopTaking(): void;

  /** The runs under way, the last started first: so each that goes back finds its place at the front of its list. */
  protected abstract lastStartedFirst(): R[];

  /** Gives up a handler that ignores its signal; must count its end. */
  protected abstract abandon(run: R): void;

  /** Nothing runs any more: frees what is held. */
  protected abstract release(): void | Promise<void>;

  async #close(drainMs: number, abortGraceMs: number): Promise<ConsumerCloseReport> {
    this.#closing = true;
    this.stopTaking();
    this.#draining = true;
    // Awaits in any case: no listener of a signal may run before `close` has remembered this promise.
    await (drainMs > 0 ? this.#settledWithin(drainMs) : undefined);
    this.#draining = false;
    for (const run of this.lastStartedFirst()) run.interrupt();
    await this.#settledWithin(abortGraceMs);
    for (const run of this.lastStartedFirst()) this.abandon(run);
    await this.release();
    return this.#report;
  }

  /** Resolves when no handler runs any more, at the latest after `ms`. */
  async #settledWithin(ms: number): Promise<void> {
    if (this.#active === 0) return;
    await new Promise<void>((resolve) => {
      // Somebody waits for the end of the close, so the process must live.
      const timer = this.#clock.setTimer(resolve, ms, { ref: true });
      this.#stopWaiting = () => {
        timer.cancel();
        resolve();
      };
    });
    this.#stopWaiting = undefined;
  }
}
