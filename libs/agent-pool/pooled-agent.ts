import { newId, type ErrorRecord } from '#core';
import type { Agent } from './ports/agent.js';
import type { AgentSnapshot, AgentState } from './snapshots.js';
import { TaskStatistics } from './task-statistics.js';
import type { SelectionCandidate } from './selection/agent-selection.js';

export interface PooledAgentOptions {
  capability: string;
  kind: string;
  concurrency: number;
}

/**
 * One agent of a pool, from the first try to make it until it is disposed of.
 *
 * It keeps facts; its state is worked out of them whenever it is asked for:
 * - `starting`: a create is under way, or about to be → `idle`, `error`;
 * - `error`: the last create failed, the next one waits → `starting`;
 * - `idle` ⇄ `busy`: it is there; busy while it has tasks → `draining`;
 * - `draining`: it takes no more tasks, and is disposed of when its last one ended → `stopped`;
 * - `stopped`: it is disposed of, or never came to be; final.
 */
export class PooledAgent implements SelectionCandidate {
  readonly agentId = newId();
  readonly statistics = new TaskStatistics();
  readonly capability: string;
  readonly concurrency: number;
  readonly #kind: string;
  #agent: Agent | undefined;
  #active = 0;
  #createsBegun = 0;
  #createsFailed = 0;
  #error: ErrorRecord | null = null;
  #startedAt: string | null = null;
  #leaving = false;
  #stopped = false;

  constructor({ capability, kind, concurrency }: PooledAgentOptions) {
    this.capability = capability;
    this.concurrency = concurrency;
    this.#kind = kind;
  }

  get active(): number {
    return this.#active;
  }

  get free(): boolean {
    return this.#agent !== undefined && !this.#leaving && this.#active < this.concurrency;
  }

  get leaving(): boolean {
    return this.#leaving;
  }

  /** How many creates were begun for it. */
  get createsBegun(): number {
    return this.#createsBegun;
  }

  get state(): AgentState {
    if (this.#stopped) return 'stopped';
    if (this.#leaving) return 'draining';
    if (this.#agent !== undefined) return this.#active > 0 ? 'busy' : 'idle';
    return this.#createsFailed > 0 && this.#createsFailed === this.#createsBegun ? 'error' : 'starting';
  }

  createBegun(): void {
    this.#createsBegun++;
  }

  createFailed(error: ErrorRecord): void {
    this.#createsFailed++;
    this.#error = error;
  }

  /** @param startedAt ISO 8601. */
  ready(agent: Agent, startedAt: string): void {
    this.#agent = agent;
    this.#startedAt = startedAt;
    this.#error = null;
  }

  /** Takes a slot, which the caller has seen to be free. @returns what runs the task. */
  take(): Agent {
    if (this.#agent === undefined || !this.free) throw new Error(`agent ${this.agentId} has no free slot`);
    this.#active++;
    return this.#agent;
  }

  giveBack(): void {
    this.#active--;
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
      error: this.#error,
    };
  }
}
