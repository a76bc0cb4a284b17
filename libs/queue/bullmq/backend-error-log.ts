import { Logger } from '@nestjs/common';
import { messageOf, type Clock } from '#core';

/** A connection that is lost fails again with every attempt: the same message is logged once in this time. */
const QUIET_MS = 10_000;

/** Different messages that are remembered. */
const MAX_MESSAGES = 20;

/** Logs what connections and workers complain of in the background, where nobody is to be told. */
export class BackendErrorLog {
  readonly #logger = new Logger('BullmqQueueDriver');
  readonly #clock: Clock;
  readonly #loggedAt = new Map<string, number>();
  #closed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  readonly log = (error: unknown): void => {
    if (this.#closed) return;
    const message = messageOf(error);
    const now = this.#clock.monotonic();
    if (now - (this.#loggedAt.get(message) ?? Number.NEGATIVE_INFINITY) < QUIET_MS) return;
    if (this.#loggedAt.size >= MAX_MESSAGES) this.#loggedAt.clear();
    this.#loggedAt.set(message, now);
    this.#logger.warn(message);
  };

  /** Connections complain once more when they are ended. */
  close(): void {
    this.#closed = true;
  }
}
