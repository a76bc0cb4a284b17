import type { ErrorRecord } from '#core';
import type { Agent, AgentContext, AgentTask } from './ports/agent.js';
import type { Lease, LeaseOutcome } from './lease.js';
import type { PooledAgent } from './pooled-agent.js';

/** Who is told of a lease's end, once. */
export interface Lessor {
  released(pooled: PooledAgent, outcome: LeaseOutcome): void;
  abandoned(pooled: PooledAgent, error: ErrorRecord): void;
}

/** A slot of an agent, taken when it is made. */
export class AgentLease implements Lease {
  readonly #pooled: PooledAgent;
  readonly #agent: Agent;
  #lessor: Lessor | undefined;

  constructor(pooled: PooledAgent, lessor: Lessor) {
    this.#agent = pooled.take();
    this.#pooled = pooled;
    this.#lessor = lessor;
  }

  get agentId(): string {
    return this.#pooled.agentId;
  }

  get capability(): string {
    return this.#pooled.capability;
  }

  execute(task: AgentTask, context: AgentContext): Promise<unknown> {
    return this.#agent.execute(task, context);
  }

  release(outcome: LeaseOutcome): void {
    this.#end()?.released(this.#pooled, outcome);
  }

  abandon(error: ErrorRecord): void {
    this.#end()?.abandoned(this.#pooled, error);
  }

  #end(): Lessor | undefined {
    const lessor = this.#lessor;
    this.#lessor = undefined;
    return lessor;
  }
}
