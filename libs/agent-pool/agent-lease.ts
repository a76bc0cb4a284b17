import type { ErrorRecord } from '#core';
import type { Agent, AgentContext, AgentTask } from './ports/agent.js';
import type { AgentLostError } from './ports/agent-lost.errors.js';
import type { Lease, LeaseOutcome } from './lease.js';
import type { Link } from './linked-list.js';
import type { PooledAgent } from './pooled-agent.js';

/** Who is told of a lease's end, once. */
export interface Lessor {
  released(lease: AgentLease, outcome: LeaseOutcome): void;
  abandoned(lease: AgentLease, error: ErrorRecord): void;
}

/** A slot of an agent, taken when it is made and given back when it ends. */
export class AgentLease implements Lease, Link<AgentLease> {
  readonly pooled: PooledAgent;
  /** What the breaker of the pool is told its end with. */
  readonly pass: number;
  previous: AgentLease | undefined;
  next: AgentLease | undefined;
  readonly #agent: Agent;
  #lessor: Lessor | undefined;
  #onLost: ((error: AgentLostError) => void) | undefined;
  #lost: AgentLostError | undefined;

  constructor(pooled: PooledAgent, pass: number, lessor: Lessor) {
    this.#agent = pooled.take(this);
    this.pooled = pooled;
    this.pass = pass;
    this.#lessor = lessor;
  }

  get agentId(): string {
    return this.pooled.agentId;
  }

  get capability(): string {
    return this.pooled.capability;
  }

  execute(
    task: AgentTask,
    context: AgentContext,
    onLost?: (error: AgentLostError) => void,
  ): Promise<unknown> {
    if (this.#lost !== undefined) return Promise.reject(this.#lost);
    this.#onLost = onLost;
    return this.#agent.execute(task, context);
  }

  release(outcome: LeaseOutcome): void {
    this.#end()?.released(this, outcome);
  }

  abandon(error: ErrorRecord): void {
    this.#end()?.abandoned(this, error);
  }

  /** Ends it, and tells its holder. For the pool, which knows: it tells the lessor nothing. */
  lose(error: AgentLostError): void {
    if (this.#end() === undefined) return;
    this.#lost = error;
    this.#onLost?.(error);
  }

  #end(): Lessor | undefined {
    const lessor = this.#lessor;
    if (lessor === undefined) return undefined;
    this.#lessor = undefined;
    this.pooled.giveBack(this);
    return lessor;
  }
}
