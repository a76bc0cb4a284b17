import type { ErrorRecord } from '#core';
import { AgentLease, type Lessor } from './agent-lease.js';
import type { LeaseEnds } from './lease-ends.js';
import type { Lease, LeaseOptions, LeaseOutcome } from './lease.js';
import type { PoolAvailability } from './pool-availability.js';
import type { ResolvedPoolDefinition } from './pool-definition.js';
import { closedError, priorityError, tooManyWaitersError } from './pool-errors.js';
import type { PooledAgent } from './pooled-agent.js';
import type { AgentPoolError } from './ports/agent-pool.errors.js';
import type { Sizing } from './scaling/sizing.js';
import type { AgentSelection } from './selection/agent-selection.js';
import { createSelection } from './selection/create-selection.js';
import type { RefusalCode } from './snapshots.js';
import { DEFAULT_PRIORITY, MAX_PRIORITY, Waiters } from './waiters.js';

export interface LeaseDeskOptions {
  definition: ResolvedPoolDefinition;
  /** Those who have a place in the pool; live. */
  agents: readonly PooledAgent[];
  availability: PoolAvailability;
  sizing: Sizing;
  ends: LeaseEnds;
}

/**
 * Who gets an agent of a pool, who waits for one, and who is turned away.
 * Invariant: while anybody waits, no agent is free, or none is to be had: the desk is shut, or a probe has to end first.
 * So whoever frees a slot has it handed on at once: `serve`.
 */
export class LeaseDesk implements Lessor {
  readonly refusals: Record<RefusalCode, number> = { POOL_UNAVAILABLE: 0, TOO_MANY_WAITERS: 0 };
  readonly #definition: ResolvedPoolDefinition;
  readonly #agents: readonly PooledAgent[];
  readonly #availability: PoolAvailability;
  readonly #sizing: Sizing;
  readonly #ends: LeaseEnds;
  readonly #selection: AgentSelection;
  readonly #waiters = new Waiters<Lease>(() => this.#sizing.waitEnded(1));
  #shut = false;
  #closed = false;

  constructor({ definition, agents, availability, sizing, ends }: LeaseDeskOptions) {
    this.#definition = definition;
    this.#agents = agents;
    this.#availability = availability;
    this.#sizing = sizing;
    this.#ends = ends;
    this.#selection = createSelection(definition.selection);
  }

  /** Leases that wait. */
  get waiting(): number {
    return this.#waiters.size;
  }

  /** Whether all who ask wait. */
  get isShut(): boolean {
    return this.#shut;
  }

  /** @throws as `AgentPool.lease`, by rejecting. */
  lease({ signal, priority = DEFAULT_PRIORITY }: LeaseOptions): Promise<Lease> {
    if (this.#closed) return Promise.reject(closedError(this.#definition.capability));
    if (!Number.isInteger(priority) || priority < 0 || priority > MAX_PRIORITY) {
      return Promise.reject(priorityError());
    }
    if (signal?.aborted === true) return Promise.reject(signal.reason as Error);
    const refusal = this.#availability.refusal();
    if (refusal !== undefined) return this.#refuse(refusal, 'POOL_UNAVAILABLE');
    if (this.#waiters.size === 0) {
      const pooled = this.#select();
      if (pooled !== undefined) {
        this.#sizing.takenAtOnce();
        return Promise.resolve(this.#leaseOf(pooled));
      }
    }
    const { capability, maxWaiters } = this.#definition;
    if (this.#waiters.size >= maxWaiters) {
      return this.#refuse(tooManyWaitersError(capability, maxWaiters), 'TOO_MANY_WAITERS');
    }
    const lease = this.#waiters.wait(priority, signal);
    this.#sizing.waits();
    return lease;
  }

  released(lease: AgentLease, outcome: LeaseOutcome): void {
    this.#ends.released(lease, outcome);
    this.serve(lease.pooled);
  }

  abandoned(lease: AgentLease, error: ErrorRecord): void {
    this.#ends.abandoned(lease, error);
  }

  /** To be called when that agent has come, or has a slot free again. */
  serve(pooled: PooledAgent): void {
    if (this.#waiters.size === 0 || this.#shut) return;
    // Others may be free as well where it was not agents that were waited for.
    if (this.#availability.impaired) this.serveAll();
    else this.#serveWhile(() => (pooled.free ? pooled : undefined));
  }

  /** To be called when more may be granted than before, whoever is free. */
  serveAll(): void {
    this.#serveWhile(() => this.#select());
    if (this.#waiters.size > 0) this.#sizing.waits();
  }

  /** Throws all out of the line. @returns how many. */
  refuseAll(error: AgentPoolError): number {
    const refused = this.#waiters.size;
    this.refusals.POOL_UNAVAILABLE += refused;
    this.#waiters.rejectAll(error);
    this.#sizing.waitEnded(refused);
    return refused;
  }

  /** From now on all who ask wait, even for a pool that is unavailable. */
  shut(): void {
    this.#shut = true;
    this.#availability.suspend();
  }

  open(): void {
    this.#shut = false;
    this.#availability.resume();
    this.serveAll();
  }

  /** Rejects those who wait, and all who ask. */
  close(): void {
    this.#closed = true;
    this.#availability.close();
    this.#waiters.rejectAll(closedError(this.#definition.capability));
  }

  #refuse(error: AgentPoolError, code: RefusalCode): Promise<never> {
    this.refusals[code]++;
    return Promise.reject(error);
  }

  /** The agent for the next lease; undefined while none is to be had. */
  #select(): PooledAgent | undefined {
    if (this.#shut || !this.#availability.grants) return undefined;
    return this.#selection.select(this.#agents);
  }

  #leaseOf(pooled: PooledAgent): AgentLease {
    return new AgentLease(pooled, this.#availability.pass(), this);
  }

  #serveWhile(next: () => PooledAgent | undefined): void {
    while (this.#waiters.size > 0) {
      const pooled = next();
      if (pooled === undefined) return;
      const grant = this.#waiters.next();
      if (grant === undefined) return;
      this.#sizing.taken();
      grant(this.#leaseOf(pooled));
    }
  }
}
