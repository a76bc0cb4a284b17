import { ValidationError, type Clock, type ErrorRecord } from '#core';
import type { OrchestraEvents } from '#events';
import { AgentLease, type Lessor } from './agent-lease.js';
import { settleInTime } from './dispose-agent.js';
import { HealthProber } from './health/health-prober.js';
import type { Lease, LeaseOptions, LeaseOutcome } from './lease.js';
import { Members } from './members.js';
import { PoolAvailability } from './pool-availability.js';
import type { ResolvedPoolDefinition } from './pool-definition.js';
import type { PoolResize } from './pool-options.js';
import type { PooledAgent } from './pooled-agent.js';
import { AgentGoneError, AgentLostError } from './ports/agent-lost.errors.js';
import { AgentPoolError } from './ports/agent-pool.errors.js';
import { quorumOf } from './quorum.js';
import { Recycler } from './recycling/recycler.js';
import { Sizing } from './scaling/sizing.js';
import type { AgentSelection } from './selection/agent-selection.js';
import { createSelection } from './selection/create-selection.js';
import type { AgentSnapshot, PoolSnapshot, RefusalCode } from './snapshots.js';
import { summarizePool } from './summarize-pool.js';
import { TaskStatistics } from './task-statistics.js';
import { DEFAULT_PRIORITY, MAX_PRIORITY, Waiters } from './waiters.js';

/**
 * The agents of one capability, and who has them.
 * Invariant: while anybody waits, no agent is free, or none is to be had: the pool is drained, or a probe has to end first.
 * So whoever frees a slot hands it on at once.
 */
export class CapabilityPool implements Lessor {
  readonly #definition: ResolvedPoolDefinition;
  readonly #clock: Clock;
  readonly #events: OrchestraEvents;
  readonly #selection: AgentSelection;
  readonly #waiters = new Waiters<Lease>(() => this.#waitCancelled());
  readonly #statistics = new TaskStatistics();
  readonly #members: Members;
  readonly #prober: HealthProber;
  readonly #availability: PoolAvailability;
  readonly #sizing: Sizing;
  readonly #recycler: Recycler;
  readonly #refusals: Record<RefusalCode, number> = { POOL_UNAVAILABLE: 0, TOO_MANY_WAITERS: 0 };
  readonly #onAgentsChanged: () => void;
  #provisioned: Promise<void> | undefined;
  #isProvisioned = false;
  /** Leases held of agents that have a place. */
  #busy = 0;
  #abandoned = 0;
  #drained = false;
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
    this.#selection = createSelection(definition.selection);
    this.#members = new Members({
      definition,
      clock,
      events,
      onReady: (pooled) => this.#ready(pooled),
      onLeave: (pooled) => this.#left(pooled),
      onChange: () => this.#changed(),
    });
    this.#availability = new PoolAvailability({
      definition,
      clock,
      events,
      agents: () => this.#members.current,
      refuseWaiting: (error) => this.#refuseWaiting(error),
      serveWaiting: () => this.#serveWaiting(),
    });
    this.#prober = new HealthProber({
      health: definition.health,
      clock,
      agents: () => this.#members.all,
      onUnhealthy: (pooled, error) => this.#lose(pooled, 'unhealthy', error),
      onRecovered: ({ agentId, capability }) =>
        events.publish('agent.recovered', { agentId, capability, attempts: 0 }),
    });
    // Who waits for the outcome of a probe would not be helped by another agent.
    const load = (): { busy: number; waiting: number } => ({
      busy: this.#busy,
      waiting: this.#availability.grants ? this.#waiters.size : 0,
    });
    this.#sizing = new Sizing({ definition, clock, events, members: this.#members, load });
    const { recycleAfterTasks, maxAgeMs } = definition;
    this.#recycler = new Recycler({ clock, recycleAfterTasks, maxAgeMs, members: this.#members });
  }

  /** Begins to make `size.min` agents, all at once. To be called once. */
  start(): void {
    this.#provisioned = this.#provision();
    if (!this.#drained) this.#sizing.autoscaler.resume();
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
  lease({ signal, priority = DEFAULT_PRIORITY }: LeaseOptions): Promise<Lease> {
    if (this.#closed) return Promise.reject(this.#closedError());
    if (!Number.isInteger(priority) || priority < 0 || priority > MAX_PRIORITY) {
      const message = `must be an integer from 0 to ${MAX_PRIORITY}`;
      return Promise.reject(new ValidationError('lease options', [{ path: 'priority', message }]));
    }
    if (signal?.aborted === true) return Promise.reject(signal.reason as Error);
    const refusal = this.#availability.refusal();
    if (refusal !== undefined) {
      this.#refusals.POOL_UNAVAILABLE++;
      return Promise.reject(refusal);
    }
    if (this.#waiters.size === 0) {
      const pooled = this.#select();
      if (pooled !== undefined) {
        const lease = this.#grant(pooled);
        this.#sizing.autoscaler.rose(this.#busy);
        return Promise.resolve(lease);
      }
    }
    const { capability, maxWaiters } = this.#definition;
    if (this.#waiters.size >= maxWaiters) {
      this.#refusals.TOO_MANY_WAITERS++;
      const options = { retryable: true, details: { capability, maxWaiters } };
      return Promise.reject(
        new AgentPoolError(
          'TOO_MANY_WAITERS',
          `${maxWaiters} leases of "${capability}" wait already`,
          options,
        ),
      );
    }
    const lease = this.#waiters.wait(priority, signal);
    this.#sizing.autoscaler.waits();
    return lease;
  }

  released({ pooled, pass }: AgentLease, outcome: LeaseOutcome): void {
    const { ok, durationMs, error, agentOutcome = ok ? 'success' : 'unknown' } = outcome;
    const nowMs = this.#clock.monotonic();
    pooled.statistics.record(ok, durationMs, nowMs);
    this.#statistics.record(ok, durationMs, nowMs);
    this.#availability.record(pass, agentOutcome, nowMs);
    if (!pooled.leaving) this.#gaveBack(1, nowMs);
    if (error instanceof AgentGoneError) this.#lose(pooled, 'lost', error);
    this.#serve(pooled);
    this.#members.taskEnded(pooled);
    this.#recycler.taskEnded(pooled);
  }

  abandoned({ pooled, pass }: AgentLease, error: ErrorRecord): void {
    this.#countGivenUp(pooled);
    this.#abandoned++;
    this.#availability.record(pass, 'failure', this.#clock.monotonic());
    if (pooled.leaving) {
      this.#members.taskEnded(pooled);
      return;
    }
    this.#gaveBack(1);
    const { agentId, capability } = pooled;
    this.#members.replace(pooled);
    this.#events.publish('agent.failed', { agentId, capability, reason: 'abandoned', error, retryInMs: 0 });
  }

  /** No lease is granted until `resume`; those who ask wait. Tasks under way go on. Idempotent. */
  drain(): void {
    this.#throwIfClosed();
    if (this.#drained) return;
    this.#drained = true;
    this.#availability.suspend();
    this.#sizing.autoscaler.pause();
    const { capability } = this.#definition;
    this.#events.publish('pool.draining', { capability, busy: this.#busy, waiting: this.#waiters.size });
  }

  /** Idempotent. */
  resume(): void {
    this.#throwIfClosed();
    if (!this.#drained) return;
    const { capability } = this.#definition;
    this.#drained = false;
    this.#events.publish('pool.resumed', { capability, waiting: this.#waiters.size });
    this.#availability.resume();
    this.#serveWaiting();
    if (this.#provisioned !== undefined) this.#sizing.autoscaler.resume();
  }

  resize(change: PoolResize): void {
    this.#throwIfClosed();
    this.#sizing.resize(change);
    this.#changed();
  }

  /** To be called once. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#availability.close();
    this.#sizing.autoscaler.pause();
    this.#recycler.close();
    this.#waiters.rejectAll(this.#closedError());
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
      drained: this.#drained,
      lastScaling: this.#sizing.last,
      waiting: this.#waiters.size,
      refusals: this.#refusals,
      breaker: this.#availability.breaker,
      retryAfterMs: this.#closed ? null : this.#availability.retryAfterMs,
      statistics: this.#statistics,
      abandoned: this.#abandoned,
    });
  }

  /** Its tasks fail at once, wherever they are, and another agent takes its place. */
  #lose(pooled: PooledAgent, reason: 'unhealthy' | 'lost', cause: unknown): void {
    // First, lest it gets the tasks that come when the slots of the others are free.
    this.#members.restart(pooled, reason, cause);
    const error = new AgentLostError(pooled.agentId, cause);
    for (const lease of pooled.leases) {
      this.#countGivenUp(pooled);
      this.#availability.record(lease.pass, 'failure', this.#clock.monotonic());
      lease.lose(error);
    }
    this.#members.taskEnded(pooled);
  }

  #countGivenUp(pooled: PooledAgent): void {
    pooled.statistics.recordGivenUp();
    this.#statistics.recordGivenUp();
  }

  async #provision(): Promise<void> {
    await this.#sizing.start();
    this.#isProvisioned = true;
    this.#onAgentsChanged();
  }

  get #load(): number {
    return this.#busy + this.#waiters.size;
  }

  /** The agent for the next lease; undefined while none is to be had. */
  #select(): PooledAgent | undefined {
    if (this.#drained || !this.#availability.grants) return undefined;
    return this.#selection.select(this.#members.current);
  }

  #grant(pooled: PooledAgent): AgentLease {
    this.#busy++;
    return new AgentLease(pooled, this.#availability.pass(), this);
  }

  /** So many leases of agents that have a place ended, or those of one that has lost it. */
  #gaveBack(count: number, nowMs = this.#clock.monotonic()): void {
    const load = this.#load;
    this.#busy -= count;
    this.#sizing.autoscaler.fell(load, load - count, nowMs);
  }

  #serve(pooled: PooledAgent): void {
    if (this.#waiters.size === 0 || this.#drained) return;
    // Others may be free as well where it was not agents that were waited for.
    if (this.#availability.impaired) this.#serveWaiting();
    else this.#serveWhile(() => (pooled.free ? pooled : undefined));
  }

  #serveWaiting(): void {
    this.#serveWhile(() => this.#select());
    if (this.#waiters.size > 0) this.#sizing.autoscaler.waits();
  }

  #serveWhile(next: () => PooledAgent | undefined): void {
    while (this.#waiters.size > 0) {
      const pooled = next();
      if (pooled === undefined) return;
      const grant = this.#waiters.next();
      if (grant === undefined) return;
      grant(this.#grant(pooled));
    }
  }

  #refuseWaiting(error: AgentPoolError): number {
    const load = this.#load;
    const refused = this.#waiters.size;
    this.#refusals.POOL_UNAVAILABLE += refused;
    this.#waiters.rejectAll(error);
    this.#sizing.autoscaler.fell(load, load - refused, this.#clock.monotonic());
    return refused;
  }

  #ready(pooled: PooledAgent): void {
    if (pooled.pingable) this.#prober.start();
    this.#serve(pooled);
    this.#recycler.ready(pooled);
    this.#sizing.autoscaler.agentsChanged();
  }

  #left(pooled: PooledAgent): void {
    this.#gaveBack(pooled.active);
    this.#recycler.left(pooled);
    this.#sizing.autoscaler.agentsChanged();
  }

  #changed(): void {
    this.#availability.agentsChanged();
    this.#onAgentsChanged();
  }

  #waitCancelled(): void {
    const load = this.#load;
    this.#sizing.autoscaler.fell(load + 1, load, this.#clock.monotonic());
  }

  #throwIfClosed(): void {
    if (this.#closed) throw this.#closedError();
  }

  #closedError(): AgentPoolError {
    const { capability } = this.#definition;
    return new AgentPoolError('POOL_CLOSED', `the pool "${capability}" is closed`, {
      details: { capability },
    });
  }
}
