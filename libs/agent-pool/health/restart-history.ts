import type { RestartOptions } from './restart-options.js';

/** How often the agent of one place was lost. It goes from an agent to the one that takes its place. */
export class RestartHistory {
  readonly #options: RestartOptions;
  /** Monotonic times, at most `maxRestarts` + 1: as many as decide. */
  #recent: number[] = [];
  #restarts = 0;

  constructor(options: RestartOptions) {
    this.#options = options;
  }

  /** Since the start. */
  get restarts(): number {
    return this.#restarts;
  }

  /** @returns how many of the window there are with this one. */
  record(nowMs: number): number {
    const { maxRestarts, windowMs } = this.#options;
    this.#restarts++;
    this.#recent = [...this.#recent.filter((at) => nowMs - at < windowMs), nowMs].slice(-maxRestarts - 1);
    return this.#recent.length;
  }
}
