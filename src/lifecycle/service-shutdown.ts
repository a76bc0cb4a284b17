import { Logger, type INestApplication } from '@nestjs/common';
import { Clock } from '#core';
import { WorkflowDispatcher } from '#dispatch';
import type { HttpDrain } from '#http';
import { Readiness } from './readiness.js';

export interface ServiceShutdownOptions {
  app: INestApplication;
  httpDrain: HttpDrain;
  drainDelayMs: number;
  gracePeriodMs: number;
  /** Ends the process. */
  exit: (code: number) => void;
}

/** What is left to connections, agents and stores after the executions have ended, before the process is ended anyway. */
const CLOSE_DEADLINE_MS = 10_000;

/** Two signals within this time are one: a terminal and a process manager may both send theirs. */
const SAME_SIGNAL_MS = 200;

/**
 * Ends the service in order: readiness off, `drainDelayMs`, executions, then everything else; the exit code is 0 only
 * if nothing accepted was lost. A second signal ends the process at once with code 1.
 */
export class ServiceShutdown {
  readonly #options: ServiceShutdownOptions;
  readonly #logger = new Logger('Shutdown');
  readonly #clock: Clock;
  #begunAt: number | undefined;

  constructor(options: ServiceShutdownOptions) {
    this.#options = options;
    this.#clock = options.app.get(Clock);
  }

  /** What a signal does. */
  signalled(signal: string): void {
    const now = this.#clock.monotonic();
    if (this.#begunAt === undefined) {
      void this.begin(signal, 0);
    } else if (now - this.#begunAt > SAME_SIGNAL_MS) {
      this.#logger.error(`${signal} again: ending at once`);
      this.#options.exit(1);
    }
  }

  /** What an error that nobody caught does: whatever state it left, what was accepted is still finished, and no more taken. */
  faulted(error: unknown): void {
    this.#logger.error('an error was not caught', error instanceof Error ? error.stack : String(error));
    void this.begin('uncaught error', 1);
  }

  /** @param failure the exit code when all goes well: not 0 when a fault began the shutdown. */
  async begin(reason: string, failure: number): Promise<void> {
    if (this.#begunAt !== undefined) return;
    this.#begunAt = this.#clock.monotonic();
    const { app, httpDrain, drainDelayMs, gracePeriodMs, exit } = this.#options;
    this.#logger.log(`${reason}: draining, for at most ${drainDelayMs + gracePeriodMs} ms`);
    app.get(Readiness).draining();
    await this.#clock.sleep(drainDelayMs, { ref: true });
    httpDrain.begin();
    let code = failure;
    try {
      const { remaining, abandoned, lost, durationMs } = await app.get(WorkflowDispatcher).drain();
      this.#logger.log(
        `drained in ${Math.round(durationMs)} ms: ${remaining} executions left, ${abandoned} tasks abandoned`,
      );
      if (lost) {
        this.#logger.error(`${remaining} accepted executions are lost: the memory driver keeps nothing`);
        code = 1;
      }
      this.#clock.setTimer(
        () => {
          this.#logger.error(`still closing after ${CLOSE_DEADLINE_MS} ms: ending at once`);
          exit(1);
        },
        CLOSE_DEADLINE_MS,
        { ref: true },
      );
      await app.close();
    } catch (error) {
      this.#logger.error('the shutdown failed', error instanceof Error ? error.stack : String(error));
      code = 1;
    }
    exit(code);
  }
}
