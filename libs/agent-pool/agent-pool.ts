import { Injectable } from '@nestjs/common';
import { Clock, parseOptions, untilAborted } from '#core';
import { OrchestraEvents } from '#events';
import { CapabilityPool } from './capability-pool.js';
import type { Lease, LeaseOptions } from './lease.js';
import { poolDefinitionSchema, type PoolDefinition } from './pool-definition.js';
import { closedError, duplicateError, unknownError } from './pool-errors.js';
import type { PoolResize } from './pool-options.js';
import type { AgentSnapshot, PoolSnapshot } from './snapshots.js';
import { DEFAULT_PRIORITY, Waiters } from './waiters.js';

/**
 * All pools of an application, one a capability.
 *
 * Leases are event-driven: who finds no free agent waits in line and is served the moment a slot comes free, nothing
 * is polled. Agents are made in parallel; one that fails is tried again for as long as the pool lives. Between `size.min`
 * and `size.max` their number follows the load.
 */
@Injectable()
export class AgentPool {
  readonly #clock: Clock;
  readonly #events: OrchestraEvents;
  readonly #pools = new Map<string, CapabilityPool>();
  readonly #awaitingReady = new Waiters<void>();
  readonly #startedOrClosed: Promise<void>;
  #resolveStartedOrClosed: () => void = () => undefined;
  #started = false;
  #closed: Promise<void> | undefined;

  constructor(clock: Clock, events: OrchestraEvents) {
    this.#clock = clock;
    this.#events = events;
    this.#startedOrClosed = new Promise((resolve) => (this.#resolveStartedOrClosed = resolve));
  }

  /**
   * Adds a pool; its agents are made at once when `start` was called, otherwise then.
   * @throws {ValidationError} for a bad definition; {AgentPoolError} `CAPABILITY_DUPLICATE`, `POOL_CLOSED`.
   */
  add(definition: PoolDefinition): void {
    const resolved = parseOptions(poolDefinitionSchema, definition, `pool "${definition.capability}"`);
    const { capability } = resolved;
    if (this.#closed !== undefined) throw closedError();
    if (this.#pools.has(capability)) throw duplicateError(capability);
    const pool = new CapabilityPool(resolved, this.#clock, this.#events, () => this.#tellReady());
    this.#pools.set(capability, pool);
    if (this.#started) pool.start();
  }

  has(capability: string): boolean {
    return this.#pools.has(capability);
  }

  capabilities(): string[] {
    return [...this.#pools.keys()];
  }

  /**
   * The right to run one task on an agent of that capability, as soon as one has a free slot.
   * @throws {AgentPoolError} `CAPABILITY_UNKNOWN`, `POOL_CLOSED`, `TOO_MANY_WAITERS`, `POOL_UNAVAILABLE`;
   * {ValidationError} for a bad priority; the signal's reason, at the moment of its abort. A lease that was granted
   * before the abort is the caller's, to be ended like any other.
   */
  lease(capability: string, options: LeaseOptions = {}): Promise<Lease> {
    const pool = this.#pools.get(capability);
    return pool === undefined ? Promise.reject(unknownError(capability)) : pool.lease(options);
  }

  /**
   * For maintenance: no lease of the capability is granted until `resume`. Who asks waits in line, tasks under way go on,
   * and the number of agents follows the load no more. Idempotent.
   * @returns the pool; its state is `draining` while it has tasks, then `drained`.
   * @throws {AgentPoolError} `CAPABILITY_UNKNOWN`, `POOL_CLOSED`.
   */
  drain(capability: string): PoolSnapshot {
    const pool = this.#known(capability);
    pool.drain();
    return pool.snapshot();
  }

  /**
   * Ends `drain`: who waits is served before this returns, as far as there are slots. Idempotent.
   * @throws {AgentPoolError} `CAPABILITY_UNKNOWN`, `POOL_CLOSED`.
   */
  resume(capability: string): PoolSnapshot {
    const pool = this.#known(capability);
    pool.resume();
    return pool.snapshot();
  }

  /**
   * Changes how many agents the capability may have; what is not named stays. Agents that are missing are begun and those
   * too many leave before this returns; who is busy finishes first, and no lease is lost.
   * @throws {ValidationError} with every problem; {AgentPoolError} `CAPABILITY_UNKNOWN`, `POOL_CLOSED`. Nothing has
   * changed then.
   */
  resize(capability: string, size: PoolResize): PoolSnapshot {
    const pool = this.#known(capability);
    pool.resize(size);
    return pool.snapshot();
  }

  /** Every agent of every pool; abandoned ones until they are disposed of. */
  agents(): AgentSnapshot[] {
    return [...this.#pools.values()].flatMap((pool) => pool.agents());
  }

  pools(): PoolSnapshot[] {
    return [...this.#pools.values()].map((pool) => pool.snapshot());
  }

  pool(capability: string): PoolSnapshot | undefined {
    return this.#pools.get(capability)?.snapshot();
  }

  /** Tasks of all pools that ignored their abort and were given up, since the start. */
  get abandonedTasks(): number {
    return this.pools().reduce((sum, { performance }) => sum + performance.abandoned, 0);
  }

  /** Begins to make the agents of all pools, and waits for none. Idempotent; nothing happens after `close`. */
  start(): void {
    if (this.#started || this.#closed !== undefined) return;
    this.#started = true;
    for (const pool of this.#pools.values()) pool.start();
    this.#resolveStartedOrClosed();
    this.#tellReady();
  }

  /**
   * Resolves when the first attempt to make each agent of each pool has ended, well or not.
   * @throws {AgentPoolError} `POOL_CLOSED`; the signal's reason.
   */
  whenProvisioned(signal?: AbortSignal): Promise<void> {
    const provisioned = this.#whenProvisioned();
    return signal === undefined ? provisioned : untilAborted(provisioned, signal);
  }

  /**
   * Resolves as soon as every pool has its quorum (`readyWhen`); of a pool that needs none the first attempts must have
   * ended. It waits for as long as agents cannot be made; later on a pool may fall below its quorum again.
   * @throws {AgentPoolError} `POOL_CLOSED`; the signal's reason.
   */
  whenReady(signal?: AbortSignal): Promise<void> {
    if (this.#closed !== undefined) return Promise.reject(closedError());
    if (signal?.aborted === true) return Promise.reject(signal.reason as Error);
    return this.#ready ? Promise.resolve() : this.#awaitingReady.wait(DEFAULT_PRIORITY, signal);
  }

  /**
   * Grants no further lease, rejects those who wait with `POOL_CLOSED`, aborts creates under way and disposes of all
   * agents at once, whatever they do; resolves when that is done, or after `DISPOSE_TIMEOUT_MS`. Idempotent.
   */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  get #ready(): boolean {
    return this.#started && [...this.#pools.values()].every((pool) => pool.ready);
  }

  #tellReady(): void {
    if (this.#awaitingReady.size === 0 || !this.#ready) return;
    for (let tell = this.#awaitingReady.next(); tell !== undefined; tell = this.#awaitingReady.next()) tell();
  }

  #known(capability: string): CapabilityPool {
    const pool = this.#pools.get(capability);
    if (pool === undefined) throw unknownError(capability);
    return pool;
  }

  async #whenProvisioned(): Promise<void> {
    await this.#startedOrClosed;
    for (const pool of this.#pools.values()) await pool.provisioned(); // a pool added meanwhile is visited too
    if (this.#closed !== undefined) throw closedError();
  }

  async #close(): Promise<void> {
    this.#resolveStartedOrClosed();
    this.#awaitingReady.rejectAll(closedError());
    await Promise.all([...this.#pools.values()].map((pool) => pool.close()));
  }
}
