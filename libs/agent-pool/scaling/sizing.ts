import { parseOptions, type Clock } from '#core';
import type { OrchestraEvents } from '#events';
import type { Members } from '../members.js';
import type { ResolvedPoolDefinition } from '../pool-definition.js';
import { poolResizeSchema, poolSizeSchema, type PoolResize, type PoolSize } from '../pool-options.js';
import { isQuorumReachable } from '../quorum.js';
import type { PoolScaling } from '../snapshots.js';
import { Autoscaler } from './autoscaler.js';
import { workingAgents, type ScalingDecision, type ScalingFigures } from './desired-size.js';
import { firstToGo } from './removal-order.js';

export interface SizingOptions {
  definition: ResolvedPoolDefinition;
  clock: Clock;
  events: OrchestraEvents;
  members: Members;
  /** Leases that wait and would be helped by another agent. */
  waiting: () => number;
}

/**
 * How many agents a pool has: its bounds, which may change, its load, and what the autoscaler makes of them.
 * It does not follow the load before `resume` and while paused.
 */
export class Sizing {
  readonly #autoscaler: Autoscaler;
  readonly #options: SizingOptions;
  #busy = 0;
  #size: PoolSize;
  #last: PoolScaling | null = null;
  #started = false;

  constructor(options: SizingOptions) {
    const { clock, definition } = options;
    const { concurrencyPerAgent, scaling, size } = definition;
    this.#options = options;
    this.#size = size;
    this.#autoscaler = new Autoscaler({
      clock,
      size,
      slotsPerAgent: concurrencyPerAgent * scaling.targetUtilization,
      shrinkAfterMs: scaling.shrinkAfterMs,
      figures: () => this.#figures(),
      apply: (decision, figures) => this.#apply(decision, figures),
    });
  }

  get size(): PoolSize {
    return this.#size;
  }

  /** Leases held of agents that have a place. */
  get busy(): number {
    return this.#busy;
  }

  /** The latest change; null before the first. */
  get last(): PoolScaling | null {
    return this.#last;
  }

  /** Begins to make `size.min` agents. Resolves when the first attempt of each has ended, well or not. */
  start(): Promise<void> {
    this.#started = true;
    return this.#options.members.add(this.#size.min);
  }

  /** Idempotent. */
  resume(): void {
    this.#autoscaler.resume();
  }

  /** Idempotent. */
  pause(): void {
    this.#autoscaler.pause();
  }

  /** To be called when one who waited gets a lease. */
  taken(): void {
    this.#busy++;
  }

  /** To be called when one gets a lease without waiting. */
  takenAtOnce(): void {
    this.#busy++;
    this.#autoscaler.rose(this.#busy);
  }

  /** To be called when a lease has to wait. */
  waits(): void {
    this.#autoscaler.waits();
  }

  /** To be called when so many wait no more, and have nothing. */
  waitEnded(count: number): void {
    this.#fell(count);
  }

  /**
   * To be called when so many leases of agents that have a place ended, or an agent with so many lost its place.
   * @param nowMs monotonic, for those who know it already.
   */
  givenBack(count: number, nowMs?: number): void {
    this.#busy -= count;
    this.#fell(count, nowMs);
  }

  /** To be called when an agent has become ready or has lost its place. */
  agentsChanged(): void {
    this.#autoscaler.agentsChanged();
  }

  /** @throws {ValidationError} with every problem; nothing has changed then. */
  resize(change: PoolResize): void {
    const what = `the size of pool "${this.#options.definition.capability}"`;
    const { min = this.#size.min, max = this.#size.max } = parseOptions(poolResizeSchema, change, what);
    this.#size = parseOptions(this.#allowedSize, { min, max }, what);
    if (!this.#started) return;
    const figures = this.#figures();
    const to = Math.min(Math.max(figures.size, min), max);
    if (to !== figures.size) this.#apply({ from: figures.size, to, reasons: ['resized'] }, figures);
    this.#autoscaler.resized(this.#size);
  }

  get #allowedSize(): typeof poolSizeSchema {
    const { readyWhen } = this.#options.definition;
    return poolSizeSchema.refine((size) => isQuorumReachable(readyWhen, size), {
      path: ['max'],
      message: `must not be below readyWhen, which is ${readyWhen}`,
    });
  }

  #fell(count: number, nowMs?: number): void {
    if (!this.#autoscaler.mayShrink) return;
    const load = this.#busy + this.#options.waiting();
    this.#autoscaler.fell(load + count, load, nowMs ?? this.#options.clock.monotonic());
  }

  #figures(): ScalingFigures {
    const { members, waiting } = this.#options;
    let failing = 0;
    let anyUsable = false;
    for (const { state } of members.current) {
      if (state === 'error' || state === 'quarantined') failing++;
      else if (state === 'idle' || state === 'busy') anyUsable = true;
    }
    return { busy: this.#busy, waiting: waiting(), size: members.current.length, failing, anyUsable };
  }

  #apply(decision: ScalingDecision, figures: ScalingFigures): void {
    const { definition, clock, events, members } = this.#options;
    const { capability, concurrencyPerAgent } = definition;
    const { from, to, reasons } = decision;
    if (to > from) void members.add(to - from);
    else for (const pooled of firstToGo(members.current, from - to)) members.remove(pooled);
    this.#last = { at: clock.timestamp(), from, to, reasons };
    const { busy, waiting } = figures;
    const capacity = workingAgents(figures) * concurrencyPerAgent;
    events.publish('pool.scaled', { capability, from, to, reasons, busy, waiting, capacity });
  }
}
