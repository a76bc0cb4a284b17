import type { Clock, Timer } from '#core';
import type { PoolSize } from '../pool-options.js';
import { DemandHistory } from './demand-history.js';
import {
  agentsFor,
  decideGrowth,
  decideShrinking,
  workingAgents,
  type ScalingDecision,
  type ScalingFigures,
} from './desired-size.js';

export interface AutoscalerOptions {
  clock: Clock;
  size: PoolSize;
  /** Leases an agent shall have at most on average: its concurrency × the target utilization. */
  slotsPerAgent: number;
  shrinkAfterMs: number;
  /** The pool as it is; asked only when there may be something to decide. */
  figures: () => ScalingFigures;
  /** Adds or removes agents, all at once. */
  apply: (decision: ScalingDecision, figures: ScalingFigures) => void;
}

/**
 * Decides how many agents a pool has.
 *
 * More load than the target is answered in the microtask after it, once for however many leases came meanwhile. Less is
 * answered when it has lasted for `shrinkAfterMs`, by one timer that is set when surplus appears; load that comes back in
 * time does not cancel it, so that an oscillating load sets no timers, and it then finds nothing to do.
 * Between decisions a lease and its end cost one comparison each; a pool that may not scale pays for nothing else.
 * It does nothing before `resume` and while paused.
 */
export class Autoscaler {
  readonly #options: AutoscalerOptions;
  readonly #demand = new DemandHistory();
  #size: PoolSize;
  #running = false;
  #asked = false;
  #timer: Timer | undefined;
  /** What the next decision depends on, as loads to compare with. */
  #mayGrow = false;
  #growAbove = Infinity;
  #mayShrink = false;
  #surplusUpTo = -Infinity;

  constructor(options: AutoscalerOptions) {
    this.#options = options;
    this.#size = options.size;
  }

  /** Whether it would be of interest that the load fell. */
  get mayShrink(): boolean {
    return this.#mayShrink;
  }

  /** To be called when a lease was granted at once. */
  rose(load: number): void {
    if (load > this.#growAbove) this.#ask();
  }

  /** To be called when a lease has to wait. */
  waits(): void {
    if (this.#mayGrow) this.#ask();
  }

  /** To be called when a lease has ended or waits no more. @param nowMs monotonic. */
  fell(from: number, to: number, nowMs: number): void {
    if (!this.#mayShrink) return;
    this.#demand.record(agentsFor(from, this.#options.slotsPerAgent), nowMs);
    if (this.#timer === undefined && to <= this.#surplusUpTo) this.#setTimer(to);
  }

  /** To be called when an agent has become ready or has lost its place. */
  agentsChanged(): void {
    if (this.#size.min < this.#size.max) this.#ask();
  }

  /** To be called when the pool has as many agents as this size allows. */
  resized(size: PoolSize): void {
    this.#size = size;
    this.#review();
  }

  resume(): void {
    this.#running = true;
    this.#review();
  }

  /** Idempotent. */
  pause(): void {
    this.#running = false;
    this.#review();
  }

  #ask(): void {
    if (this.#asked) return;
    this.#asked = true;
    queueMicrotask(this.#review);
  }

  readonly #review = (): void => {
    this.#asked = false;
    if (this.#running) {
      const figures = this.#options.figures();
      const growth = decideGrowth(figures, this.#options.slotsPerAgent, this.#size);
      if (growth !== undefined) this.#options.apply(growth, figures);
    }
    this.#compareWith(this.#options.figures());
  };

  #shrink(): void {
    this.#timer = undefined;
    const { clock, figures: read, slotsPerAgent, shrinkAfterMs, apply } = this.#options;
    const figures = read();
    const recent = this.#demand.maximumSince(clock.monotonic() - shrinkAfterMs);
    const needed = Math.max(recent, agentsFor(loadOf(figures), slotsPerAgent));
    const decision = decideShrinking(figures, needed, this.#size);
    if (decision !== undefined) apply(decision, figures);
    this.#compareWith(read());
  }

  #compareWith(figures: ScalingFigures): void {
    const { slotsPerAgent } = this.#options;
    const { min, max } = this.#size;
    const { size } = figures;
    this.#mayGrow = this.#running && size < max;
    this.#growAbove = this.#mayGrow ? workingAgents(figures) * slotsPerAgent : Infinity;
    this.#mayShrink = this.#running && size > min;
    this.#surplusUpTo = (size - 1) * slotsPerAgent;
    if (!this.#mayShrink) {
      this.#timer?.cancel();
      this.#timer = undefined;
    } else if (this.#timer === undefined && loadOf(figures) <= this.#surplusUpTo) {
      this.#setTimer(loadOf(figures));
    }
  }

  /** For the moment from which on this load was enough all the time. A surplus older than that waits just as long. */
  #setTimer(load: number): void {
    const { clock, slotsPerAgent, shrinkAfterMs } = this.#options;
    const nowMs = clock.monotonic();
    const enoughSinceMs = this.#demand.lastAbove(agentsFor(load, slotsPerAgent));
    const dueInMs = enoughSinceMs + shrinkAfterMs - nowMs;
    this.#timer = clock.setTimer(() => this.#shrink(), dueInMs > 0 ? dueInMs : shrinkAfterMs);
  }
}

function loadOf({ busy, waiting }: ScalingFigures): number {
  return busy + waiting;
}
