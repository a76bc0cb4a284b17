import { MAX_DELAY_MS, ManualClock, type Timer } from '#core';
import type { JobState, QueueDriver } from '#queue';

/** What goes on for longer, with the clock standing still, goes on for ever. */
const MAX_TURNS = 20_000;

const QUEUES = ['schedules', 'executions'];

/**
 * A manual clock that moves on only when what is due has been done: from one timer to the next, and at each until no job
 * waits and none runs. A firing is compiled in turns that are measured in real time, so that no number of turns that a
 * clock could let pass is enough on a busy machine.
 */
export class PatientClock extends ManualClock {
  /** Jobs that do not come to rest because the test holds them, or those before them: they are not waited for. */
  held = 0;
  readonly #due = new Set<{ atMs: number }>();
  /** Of the instances that there are; jobs that nobody takes are not waited for. */
  readonly #served = new Map<object, QueueDriver>();

  override setTimer(callback: () => void, delayMs: number): Timer {
    const timer = { atMs: this.monotonic() + Math.min(Math.max(0, delayMs), MAX_DELAY_MS) };
    const fire = (): void => {
      this.#due.delete(timer);
      callback();
    };
    const { cancel } = super.setTimer(fire, delayMs);
    this.#due.add(timer);
    return {
      cancel: () => {
        this.#due.delete(timer);
        cancel();
      },
    };
  }

  /** From now on jobs of this driver are waited for, until `leave` was called with the same instance. */
  join(instance: object, driver: QueueDriver): void {
    this.#served.set(instance, driver);
  }

  leave(instance: object): void {
    this.#served.delete(instance);
  }

  /** @throws {Error} when what is due is never done. */
  override async advance(ms: number): Promise<void> {
    const untilMs = this.monotonic() + ms;
    await this.#rest();
    for (let next = this.#next(); next <= untilMs; next = this.#next()) {
      await super.advance(Math.max(0, next - this.monotonic()));
      await this.#rest();
    }
    await super.advance(untilMs - this.monotonic());
  }

  /** Infinity when there is no timer. */
  #next(): number {
    let next = Infinity;
    for (const { atMs } of this.#due) next = Math.min(next, atMs);
    return next;
  }

  async #rest(): Promise<void> {
    await super.advance(0);
    for (let turn = 0; (await this.#unfinished()) > this.held; turn++) {
      if (turn === MAX_TURNS) throw new Error('what is due goes on and on');
      await super.advance(0);
    }
  }

  async #unfinished(): Promise<number> {
    let jobs = 0;
    for (const driver of new Set(this.#served.values())) {
      for (const name of QUEUES) {
        const { waiting, active }: Record<JobState, number> = await driver.queue(name).counts();
        jobs += waiting + active;
      }
    }
    return jobs;
  }
}
