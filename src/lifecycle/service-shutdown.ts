import { Logger, type INestApplication } from '@nestjs/common';
import { Clock } from '#core';
import { WorkflowDispatcher } from '#dispatch';
import type { HttpDrain } from '#http';
import { WorkflowSchedules } from '#schedules';
import type { PatternServer } from '../patterns/pattern-server.js';
import { Readiness } from './readiness.js';
import { SAME_SIGNAL_MS } from './same-signal.js';
import { stackOf } from './stack-of.js';

export interface ServiceShutdownOptions {
  app: INestApplication;
  httpDrain: HttpDrain;
  /** Where message patterns are served. */
  patternServer?: Pick<PatternServer, 'drain'>;
  drainDelayMs: number;
  gracePeriodMs: number;
  /** Ends the process. */
  exit: (code: number) => void;
}

/** What is left to connections, agents and stores after the executions have ended, before the process is ended anyway. */
const CLOSE_DEADLINE_MS = 10_000;

/**
 * Ends the service in order: readiness off, `drainDelayMs`, schedules, executions, then everything else. A stage that fails does not
 * keep the others from their turn. The exit code is 0 only if nothing accepted was lost and nothing failed. A second
 * signal ends the process at once with code 1.
 */
export class ServiceShutdown {
  readonly #options: ServiceShutdownOptions;
  readonly #logger = new Logger('Shutdown');
  readonly #clock: Clock;
  #begunAt: number | undefined;
  #code = 0;

  constructor(options: ServiceShutdownOptions) {
    this.#options = options;
    this.#clock = options.app.get(Clock);
  }

  /** What a signal does. */
  signalled(signal: string): void {
    const now = this.#clock.monotonic();
    if (this.#begunAt === undefined) {
      void this.#begin(signal);
    } else if (now - this.#begunAt > SAME_SIGNAL_MS) {
      this.#logger.error(`${signal} again: ending at once`);
      this.#options.exit(1);
    }
  }

  /** What an error that nobody caught does: whatever state it left, what was accepted is still finished, and no more taken. */
  faulted(error: unknown): void {
    this.#failed('an error was not caught', error);
    if (this.#begunAt === undefined) void this.#begin('uncaught error');
  }

  /** What too many tasks that nothing can end do: the same, so that whoever started the process starts another. */
  abandonedTooMany(abandoned: number): void {
    this.#logger.error(
      `${abandoned} tasks ignored their abort and may go on for ever: ending, to be restarted`,
    );
    this.#code = 1;
    if (this.#begunAt === undefined) void this.#begin('abandoned tasks');
  }

  async #begin(reason: string): Promise<void> {
    this.#begunAt = this.#clock.monotonic();
    const { app, httpDrain, patternServer, drainDelayMs, gracePeriodMs, exit } = this.#options;
    this.#logger.log(`${reason}: draining, for at most ${drainDelayMs + gracePeriodMs} ms`);
    await this.#stage(() => app.get(Readiness).draining());
    await this.#clock.sleep(drainDelayMs, { ref: true });
    await this.#stage(() => httpDrain.begin());
    await this.#stage(() => patternServer?.drain());
    // What is due from now on is for others, or for the next start.
    await this.#stage(() => app.get(WorkflowSchedules).stop());
    await this.#stage(() => this.#drain());
    await this.#stage(() => this.#close());
    exit(this.#code);
  }

  async #stage(run: () => void | Promise<void>): Promise<void> {
    try {
      await run();
    } catch (error) {
      this.#failed('the shutdown failed', error);
    }
  }

  async #drain(): Promise<void> {
    const { remaining, abandoned, lost, durationMs } = await this.#options.app
      .get(WorkflowDispatcher)
      .drain();
    this.#logger.log(
      `drained in ${Math.round(durationMs)} ms: ${remaining} executions left, ${abandoned} tasks abandoned`,
    );
    if (!lost) return;
    this.#logger.error(`${remaining} accepted executions are lost: the memory driver keeps nothing`);
    this.#code = 1;
  }

  async #close(): Promise<void> {
    const { app, exit } = this.#options;
    const deadline = this.#clock.setTimer(
      () => {
        this.#logger.error(`still closing after ${CLOSE_DEADLINE_MS} ms: ending at once`);
        exit(1);
      },
      CLOSE_DEADLINE_MS,
      { ref: true },
    );
    try {
      await app.close();
    } finally {
      deadline.cancel();
    }
  }

  #failed(what: string, error: unknown): void {
    this.#logger.error(what, stackOf(error));
    this.#code = 1;
  }
}
