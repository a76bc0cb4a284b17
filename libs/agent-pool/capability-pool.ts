import type { Clock } from '#core';
import type { OrchestraEvents } from '#events';
import { settleInTime } from './dispose-agent.js';
import { HealthProber } from './health/health-prober.js';
import type { Lease, LeaseOptions } from './lease.js';
import { LeaseDesk } from './lease-desk.js';
import { LeaseEnds } from './lease-ends.js';
import { Members } from './members.js';
import { PoolAvailability } from './pool-availability.js';
import type { ResolvedPoolDefinition } from './pool-definition.js';
import { closedError } from './pool-errors.js';
import type { PoolResize } from './pool-options.js';
import type { PooledAgent } from './pooled-agent.js';
import { quorumOf } from './quorum.js';
import { Recycler } from './recycling/recycler.js';
import { Sizing } from './scaling/sizing.js';
import type { AgentSnapshot, PoolSnapshot } from './snapshots.js';
import { summarizePool } from './summarize-pool.js';

/**
 * The agents of one capability, and who has them. What there is to it is the work of its parts:
 *
 * - {@link Members}: which agents there are; {@link Sizing}: how many; {@link Recycler}: for how long;
 * - {@link HealthProber}: which of them are able to work; {@link PoolAvailability}: whether it is worth while to wait;
 * - {@link LeaseDesk}: who gets one; {@link LeaseEnds}: what follows when it is given back.
 */
export class CapabilityPool {
  readonly #definition: ResolvedPoolDefinition;
  readonly #clock: Clock;
  readonly #events: OrchestraEvents;
  readonly #members: Members;
  readonly #availability: PoolAvailability;
  readonly #sizing: Sizing;
  readonly #recycler: Recycler;
  readonly #ends: LeaseEnds;
  readonly #desk: LeaseDesk;
  readonly #prober: HealthProber;
  readonly #onAgentsChanged: () => void;
  #provisioned: Promise<void> | undefined;
  #isProvisioned = false;
  #closed = false;

  /** @param onAgentsChanged told when `ready` may have changed. */
  constructor(
    definition: ResolvedPoolDefinition,
    clock: Clock,
    events: OrchestraEvents,
    onAgentsChanged: () => void,
  ) {
    this.#definition = definition;
    this.#clock = clock;
    this.#events = events;
    this.#onAgentsChanged = onAgentsChanged;
    const members = new Members({
      definition,
      clock,
      events,
      onReady: (pooled) => this.#ready(pooled),
      onLeave: (pooled) => this.#left(pooled),
      onChange: () => this.#changed(),
    });
    const availability = new PoolAvailability({
      definition,
      clock,
      events,
      agents: () => members.current,
      refuseWaiting: (error) => this.#desk.refuseAll(error),
      serveWaiting: () => this.#desk.serveAll(),
    });
    // Who waits for the outcome of a probe would not be helped by another agent.
    const waiting = (): number => (availability.grants ? this.#desk.waiting : 0);
    const sizing = new Sizing({ definition, clock, events, members, waiting });
    const { recycleAfterTasks, maxAgeMs, health } = definition;
    const recycler = new Recycler({ clock, recycleAfterTasks, maxAgeMs, members });
    const ends = new LeaseEnds({ clock, events, members, availability, sizing, recycler });
    this.#desk = new LeaseDesk({ definition, agents: members.current, availability, sizing, ends });
    this.#prober = new HealthProber({
      health,
      clock,
      agents: () => members.all,
      onUnhealthy: (pooled, error) => ends.lost(pooled, 'unhealthy', error),
      onRecovered: ({ agentId, capability }) =>
        events.publish('agent.recovered', { agentId, capability, attempts: 0 }),
    });
    this.#members = members;
    this.#availability = availability;
    this.#sizing = sizing;
    this.#recycler = recycler;
    this.#ends = ends;
  }

  /** Begins to make `size.min` agents, all at once. To be called once. */
  start(): void {
    this.#provisioned = this.#provision();
    if (!this.#desk.isShut) this.#sizing.resume();
  }

  /** Resolves when the first attempt for every agent has ended; at once before `start`. */
  async provisioned(): Promise<void> {
    await this.#provisioned;
  }

  /** Whether it has its quorum: see `readyWhen`. A pool without one is ready when it is provisioned. */
  get ready(): boolean {
    const quorum = quorumOf(this.#definition.readyWhen, this.#sizing.size);
    if (quorum === 0) return this.#isProvisioned;
    return this.#members.current.filter(({ usable }) => usable).length >= quorum;
  }

  /** @throws as `AgentPool.lease`, by rejecting. */
  lease(options: LeaseOptions): Promise<Lease> {
    return this.#desk.lease(options);
  }

  /** No lease is granted until `resume`; those who ask wait. Tasks under way go on. Idempotent. */
  drain(): void {
    this.#throwIfClosed();
    if (this.#desk.isShut) return;
    this.#desk.shut();
    this.#sizing.pause();
    const { capability } = this.#definition;
    this.#events.publish('pool.draining', {
      capability,
      busy: this.#sizing.busy,
      waiting: this.#desk.waiting,
    });
  }

  /** Idempotent. */
  resume(): void {
    this.#throwIfClosed();
    if (!this.#desk.isShut) return;
    const { capability } = this.#definition;
    this.#events.publish('pool.resumed', { capability, waiting: this.#desk.waiting });
    this.#desk.open();
    if (this.#provisioned !== undefined) this.#sizing.resume();
  }

  resize(change: PoolResize): void {
    this.#throwIfClosed();
    this.#sizing.resize(change);
    this.#changed();
  }

  /** To be called once. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#sizing.pause();
    this.#recycler.close();
    this.#desk.close();
    await Promise.all([this.#prober.stop(), this.#members.close()]);
    const { factory, capability } = this.#definition;
    await settleInTime(
      async () => factory.close?.(),
      this.#clock,
      `closing what makes agents of "${capability}"`,
    );
  }

  agents(): AgentSnapshot[] {
    return this.#members.all.map((pooled) => pooled.snapshot());
  }

  snapshot(): PoolSnapshot {
    return summarizePool(this.#definition, {
      agents: this.#members.all,
      size: { ...this.#sizing.size, current: this.#closed ? 0 : this.#members.current.length },
      drained: this.#desk.isShut,
      lastScaling: this.#sizing.last,
      waiting: this.#desk.waiting,
      refusals: this.#desk.refusals,
      breaker: this.#availability.breaker,
      retryAfterMs: this.#closed ? null : this.#availability.retryAfterMs,
      statistics: this.#ends.statistics,
      abandoned: this.#ends.abandonedTasks,
    });
  }

  async #provision(): Promise<void> {
    await this.#sizing.start();
    this.#isProvisioned = true;
    this.#onAgentsChanged();
  }

  #ready(pooled: PooledAgent): void {
    if (pooled.pingable) this.#prober.start();
    this.#desk.serve(pooled);
    this.#recycler.ready(pooled);
    this.#sizing.agentsChanged();
  }

  #left(pooled: PooledAgent): void {
    this.#sizing.givenBack(pooled.active);
    this.#recycler.left(pooled);
    this.#sizing.agentsChanged();
  }

  #changed(): void {
    this.#availability.agentsChanged();
    this.#onAgentsChanged();
  }

  #throwIfClosed(): void {
    if (this.#closed) throw closedError(this.#definition.capability);
  }
}
