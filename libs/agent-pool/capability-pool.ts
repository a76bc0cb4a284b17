import { ValidationError, type Clock, type ErrorRecord } from '#core';
import type { OrchestraEvents } from '#events';
import { AgentLease, type Lessor } from './agent-lease.js';
import { disposeAgent } from './dispose-agent.js';
import type { Lease, LeaseOptions, LeaseOutcome } from './lease.js';
import type { ResolvedPoolDefinition } from './pool-definition.js';
import { PooledAgent } from './pooled-agent.js';
import { AgentPoolError } from './ports/agent-pool.errors.js';
import { Provisioner } from './provisioner.js';
import type { AgentSelection } from './selection/agent-selection.js';
import { createSelection } from './selection/create-selection.js';
import type { AgentSnapshot, PoolSnapshot } from './snapshots.js';
import { summarizePool } from './summarize-pool.js';
import { TaskStatistics } from './task-statistics.js';
import { DEFAULT_PRIORITY, MAX_PRIORITY, Waiters } from './waiters.js';

/**
 * The agents of one capability, and who has them.
 * Invariant: while anybody waits, no agent is free; so whoever frees a slot hands it on at once.
 */
export class CapabilityPool implements Lessor {
  readonly #definition: ResolvedPoolDefinition;
  readonly #clock: Clock;
  readonly #events: OrchestraEvents;
  readonly #selection: AgentSelection;
  readonly #waiters = new Waiters<Lease>();
  readonly #statistics = new TaskStatistics();
  /** One place an agent; who replaces another takes its place, so that turns keep their order. */
  readonly #members: PooledAgent[] = [];
  /** Abandoned ones that are not disposed of yet. */
  readonly #leaving = new Set<PooledAgent>();
  /** Of the members that are not there yet. */
  readonly #provisioners = new Map<PooledAgent, Provisioner>();
  /** Disposals under way. */
  readonly #stops = new Set<Promise<void>>();
  #provisioned: Promise<unknown> | undefined;
  #abandoned = 0;
  #closed = false;

  constructor(definition: ResolvedPoolDefinition, clock: Clock, events: OrchestraEvents) {
    this.#definition = definition;
    this.#clock = clock;
    this.#events = events;
    this.#selection = createSelection(definition.selection);
  }

  /** Begins to make `size.min` agents, all at once. To be called once. */
  start(): void {
    this.#provisioned = Promise.all(
      Array.from({ length: this.#definition.size.min }, (_, place) => this.#provision(place)),
    );
  }

  /** Resolves when the first attempt for every agent has ended; at once before `start`. */
  async provisioned(): Promise<void> {
    await this.#provisioned;
  }

  /** @throws as `AgentPool.lease`, by rejecting. */
  lease({ signal, priority = DEFAULT_PRIORITY }: LeaseOptions): Promise<Lease> {
    if (this.#closed) return Promise.reject(this.#closedError());
    if (!Number.isInteger(priority) || priority < 0 || priority > MAX_PRIORITY) {
      const message = `must be an integer from 0 to ${MAX_PRIORITY}`;
      return Promise.reject(new ValidationError('lease options', [{ path: 'priority', message }]));
    }
    if (signal?.aborted === true) return Promise.reject(signal.reason as Error);
    if (this.#waiters.size === 0) {
      const pooled = this.#selection.select(this.#members);
      if (pooled !== undefined) return Promise.resolve(new AgentLease(pooled, this));
    }
    const { capability, maxWaiters } = this.#definition;
    if (this.#waiters.size >= maxWaiters) {
      const options = { retryable: true, details: { capability, maxWaiters } };
      return Promise.reject(
        new AgentPoolError(
          'TOO_MANY_WAITERS',
          `${maxWaiters} leases of "${capability}" wait already`,
          options,
        ),
      );
    }
    return this.#waiters.wait(priority, signal);
  }

  released(pooled: PooledAgent, { ok, durationMs }: LeaseOutcome): void {
    const nowMs = this.#clock.monotonic();
    pooled.statistics.record(ok, durationMs, nowMs);
    this.#statistics.record(ok, durationMs, nowMs);
    pooled.giveBack();
    this.#serve(pooled);
    this.#stopIfDone(pooled);
  }

  abandoned(pooled: PooledAgent, error: ErrorRecord): void {
    pooled.statistics.recordAbandoned();
    this.#statistics.recordAbandoned();
    this.#abandoned++;
    pooled.giveBack();
    if (!pooled.leaving) {
      const { agentId, capability } = pooled;
      pooled.leave();
      this.#leaving.add(pooled);
      // Before the disposal: agents that share something must see that it is still needed.
      void this.#provision(this.#members.indexOf(pooled));
      this.#events.publish('agent.failed', { agentId, capability, reason: 'abandoned', error, retryInMs: 0 });
    }
    this.#stopIfDone(pooled);
  }

  /** To be called once. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#waiters.rejectAll(this.#closedError());
    const stopped = [...this.#provisioners.values()].map((provisioner) => provisioner.stop());
    for (const pooled of [...this.#members, ...this.#leaving]) {
      pooled.leave();
      this.#stop(pooled);
    }
    await Promise.all([...stopped, ...this.#stops]);
    for (const pooled of this.#members) pooled.stopped();
  }

  agents(): AgentSnapshot[] {
    return this.#all().map((pooled) => pooled.snapshot());
  }

  snapshot(): PoolSnapshot {
    return summarizePool(this.#definition, {
      agents: this.#all(),
      size: this.#closed ? 0 : this.#members.length,
      waiting: this.#waiters.size,
      statistics: this.#statistics,
      abandoned: this.#abandoned,
    });
  }

  #all(): PooledAgent[] {
    return [...this.#members, ...this.#leaving];
  }

  #provision(place: number): Promise<void> {
    const { capability, concurrencyPerAgent: concurrency, createTimeoutMs, factory } = this.#definition;
    const pooled = new PooledAgent({ capability, kind: factory.kind, concurrency });
    const provisioner = new Provisioner(pooled, {
      clock: this.#clock,
      events: this.#events,
      factory,
      createTimeoutMs,
      onReady: () => {
        this.#provisioners.delete(pooled);
        this.#serve(pooled);
      },
    });
    this.#members[place] = pooled;
    this.#provisioners.set(pooled, provisioner);
    return provisioner.start();
  }

  #serve(pooled: PooledAgent): void {
    while (this.#waiters.size > 0 && pooled.free) {
      const grant = this.#waiters.next();
      if (grant === undefined) return;
      grant(new AgentLease(pooled, this));
    }
  }

  #stopIfDone(pooled: PooledAgent): void {
    if (pooled.leaving && pooled.active === 0) this.#stop(pooled);
  }

  #stop(pooled: PooledAgent): void {
    const agent = pooled.giveUp();
    if (agent === undefined) return;
    const stop = disposeAgent(agent, this.#clock, pooled.capability).then(() => {
      const { agentId, capability, statistics } = pooled;
      pooled.stopped();
      this.#leaving.delete(pooled);
      this.#stops.delete(stop);
      this.#events.publish('agent.stopped', { agentId, capability, tasks: statistics.tasks });
    });
    this.#stops.add(stop);
  }

  #closedError(): AgentPoolError {
    const { capability } = this.#definition;
    return new AgentPoolError('POOL_CLOSED', `the pool "${capability}" is closed`, {
      details: { capability },
    });
  }
}
