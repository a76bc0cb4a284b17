import { newId, type ErrorRecord } from '#core';
import type { AgentLease } from './agent-lease.js';
import { PingRecord } from './health/ping-record.js';
import type { RestartHistory } from './health/restart-history.js';
import { LinkedList } from './linked-list.js';
import type { Agent } from './ports/agent.js';
import type { AgentSnapshot, AgentState } from './snapshots.js';
import { TaskStatistics } from './task-statistics.js';
import type { SelectionCandidate } from './selection/agent-selection.js';

export interface PooledAgentOptions {
  capability: string;
  kind: string;
  concurrency: number;
  /** Of its place. */
  history: RestartHistory;
}

/**
 * One agent of a pool, from the first try to make it until it is disposed of.
 *
 * It keeps facts; its state is worked out of them whenever it is asked for:
 * - `starting`: a create is under way, or about to be → `idle`, `error`, `quarantined`;
 * - `error`: the last create failed, or the agent before it was lost; the next create waits → `starting`;
 * - `quarantined`: the same, after so many failures that the next create waits long → `starting`;
 * - `idle` ⇄ `busy`: it is there; busy while it has tasks → `draining`;
 * - `draining`: it takes no more tasks, and is disposed of when its last one ended → `stopped`;
 * - `stopped`: it is disposed of, or never came to be; final.
 */
export class PooledAgent implements SelectionCandidate {
  readonly agentId = newId();
  readonly statistics = new TaskStatistics();
  readonly pings = new PingRecord();
  readonly history: RestartHistory;
  readonly capability: string;
  readonly concurrency: number;
  readonly #kind: string;
  #agent: Agent | undefined;
  readonly #leases = new LinkedList<AgentLease>();
  #active = 0;
  #pinging = false;
  #createsBegun = 0;
  #waiting = false;
  #quarantinedUntil: string | null = null;
  #error: ErrorRecord | null = null;
  #nextCreateAtMs: number | null = null;
  #startedAt: string | null = null;
  #leaving = false;
  #stopped = false;

  constructor({ capability, kind, concurrency, history }: PooledAgentOptions) {
    this.capability = capability;
    this.concurrency = concurrency;
    this.#kind = kind;
    this.history = history;
  }

  get active(): number {
    return this.#active;
  }

  /** Those under way, the first taken first. */
  leases(): AgentLease[] {
    return [...this.#leases];
  }

  /** Whether there is something that can be asked how it is. */
  get pingable(): boolean {
    return this.#agent !== undefined && this.#agent.pingable !== false;
  }

  get free(): boolean {
    return this.#agent !== undefined && !this.#leaving && this.#active < this.concurrency;
  }

  get leaving(): boolean {
    return this.#leaving;
  }

  /** Whether it is there and takes tasks. */
  get usable(): boolean {
    return this.#agent !== undefined && !this.#leaving;
  }

  /** Whether it is being made without a failure before. */
  get isNew(): boolean {
    return this.state === 'starting' && !this.failedBefore;
  }

  /** When it is made again, monotonic; null unless that waits. */
  get nextCreateAtMs(): number | null {
    return this.#nextCreateAtMs;
  }

  /** How many creates were begun for it. */
  get createsBegun(): number {
    return this.#createsBegun;
  }

  get state(): AgentState {
    if (this.#stopped) return 'stopped';
    if (this.#leaving) return 'draining';
    if (this.#agent !== undefined) return this.#active > 0 ? 'busy' : 'idle';
    if (!this.#waiting) return 'starting';
    return this.#quarantinedUntil === null ? 'error' : 'quarantined';
  }

  createBegun(): void {
    this.#createsBegun++;
    this.#waiting = false;
    this.#quarantinedUntil = null;
    this.#nextCreateAtMs = null;
  }

  /**
   * The next create waits, because of a failure.
   * @param atMs when it comes, monotonic.
   * @param quarantinedUntil ISO 8601; null when it is no quarantine.
   */
  createWaits(error: ErrorRecord, atMs: number, quarantinedUntil: string | null): void {
    this.#nextCreateAtMs = atMs;
    this.#error = error;
    this.#waiting = true;
    this.#quarantinedUntil = quarantinedUntil;
  }

  /** Whether it comes, or came, back after a failure. */
  get failedBefore(): boolean {
    return this.#error !== null;
  }

  /** @param startedAt ISO 8601. */
  ready(agent: Agent, startedAt: string): void {
    this.#agent = agent;
    this.#startedAt = startedAt;
    this.#error = null;
  }

  /** Takes a slot, which the caller has seen to be free. @returns what runs the task. */
  take(lease: AgentLease): Agent {
    if (this.#agent === undefined || !this.free) throw new Error(`agent ${this.agentId} has no free slot`);
    this.#active++;
    this.#leases.push(lease);
    return this.#agent;
  }

  giveBack(lease: AgentLease): void {
    this.#active--;
    this.#leases.remove(lease);
  }

  /** @throws what its ping throws; at once when the one before has not settled, for there is one at a time. */
  async ping(signal: AbortSignal): Promise<void> {
    if (this.#pinging) throw new Error('the ping before is still unanswered');
    this.#pinging = true;
    try {
      await this.#agent?.ping(signal);
    } finally {
      this.#pinging = false;
    }
  }

  /** It takes no more tasks. */
  leave(): void {
    this.#leaving = true;
  }

  /** @returns what is to be disposed of, once; undefined when it was never there. */
  giveUp(): Agent | undefined {
    const agent = this.#agent;
    this.#agent = undefined;
    return agent;
  }

  stopped(): void {
    this.#stopped = true;
  }

  snapshot(): AgentSnapshot {
    const { tasks, failures, successRate, averageLatencyMs } = this.statistics;
    return {
      agentId: this.agentId,
      capability: this.capability,
      kind: this.#kind,
      state: this.state,
      active: this.#active,
      concurrency: this.concurrency,
      startedAt: this.#startedAt,
      performance: { tasks, failures, successRate, averageLatencyMs },
      resources: this.#agent?.resources?.() ?? null,
      health: {
        lastPingAt: this.pings.lastPingAt,
        failedPings: this.pings.failed,
        restarts: this.history.restarts,
        quarantinedUntil: this.#quarantinedUntil,
      },
      error: this.#error,
    };
  }
}
