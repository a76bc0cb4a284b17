import type { Clock, Timer } from '#core';
import type { PooledAgent } from '../pooled-agent.js';

/** How much earlier than told an agent may be due, so that agents that were made together do not go together. */
const RECYCLE_JITTER = 0.1;

/** Of the agents of a pool, how many may be renewed at once; one always may. */
const RECYCLE_SHARE = 0.1;

/** The pool, as far as its renewal goes. */
interface Renewable {
  readonly current: readonly PooledAgent[];
  /** Successors that are not there yet. */
  readonly renewals: number;
  renew(pooled: PooledAgent): void;
}

export interface RecyclerOptions {
  clock: Clock;
  recycleAfterTasks: number | undefined;
  maxAgeMs: number | undefined;
  members: Renewable;
  /** 0..1; for tests. */
  random?: () => number;
}

/** When an agent is due. */
interface Life {
  atMs: number;
  afterTasks: number;
}

/**
 * Has agents renewed that had their share of tasks or are old enough, the oldest claim first, {@link RECYCLE_SHARE} at
 * once at most. An agent works on until its successor is there, so one that cannot be made costs nothing; it has a few
 * tasks more than told meanwhile. Of ages there is one timer a pool, for the next that is due.
 */
export class Recycler {
  readonly #options: RecyclerOptions;
  /** Of those who are there and not due yet. */
  readonly #lives = new Map<PooledAgent, Life>();
  /** Due, and not in renewal yet. */
  readonly #due = new Set<PooledAgent>();
  #timer: Timer | undefined;
  #nextAtMs = Infinity;

  constructor(options: RecyclerOptions) {
    this.#options = options;
  }

  /** To be called when an agent is there. */
  ready(pooled: PooledAgent): void {
    const { clock, recycleAfterTasks = Infinity, maxAgeMs = Infinity, random = Math.random } = this.#options;
    if (recycleAfterTasks === Infinity && maxAgeMs === Infinity) return;
    const share = 1 - RECYCLE_JITTER * random();
    const life = {
      atMs: clock.monotonic() + maxAgeMs * share,
      afterTasks: Math.ceil(recycleAfterTasks * share),
    };
    this.#lives.set(pooled, life);
    if (life.atMs < this.#nextAtMs) this.#setTimer(life.atMs);
  }

  taskEnded(pooled: PooledAgent): void {
    if (this.#options.recycleAfterTasks === undefined) return;
    const life = this.#lives.get(pooled);
    if (life === undefined || pooled.statistics.tasks < life.afterTasks) return;
    this.#isDue(pooled);
    this.#renew();
  }

  /** To be called when an agent has lost its place. */
  left(pooled: PooledAgent): void {
    this.#due.delete(pooled);
    if (this.#lives.delete(pooled) && this.#lives.size === 0) this.close();
    this.#renew();
  }

  /** Cancels the timer. Agents that leave, as those of a closed pool do, are not renewed anyway. */
  close(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#nextAtMs = Infinity;
  }

  #isDue(pooled: PooledAgent): void {
    this.#lives.delete(pooled);
    this.#due.add(pooled);
  }

  #renew(): void {
    const { members } = this.#options;
    for (const pooled of this.#due) {
      if (members.renewals >= Math.max(1, Math.floor(members.current.length * RECYCLE_SHARE))) return;
      this.#due.delete(pooled);
      members.renew(pooled);
    }
  }

  #setTimer(atMs: number): void {
    const { clock } = this.#options;
    this.close();
    this.#nextAtMs = atMs;
    this.#timer = clock.setTimer(() => this.#aged(), atMs - clock.monotonic());
  }

  #aged(): void {
    const nowMs = this.#options.clock.monotonic();
    this.close();
    let nextAtMs = Infinity;
    for (const [pooled, { atMs }] of this.#lives) {
      if (atMs <= nowMs) this.#isDue(pooled);
      else nextAtMs = Math.min(nextAtMs, atMs);
    }
    if (nextAtMs < Infinity) this.#setTimer(nextAtMs);
    this.#renew();
  }
}
