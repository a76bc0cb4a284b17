import type { BreakerOutcome, ErrorRecord } from '#core';
import type { AgentContext, AgentTask } from './ports/agent.js';
import type { AgentLostError } from './ports/agent-lost.errors.js';

export interface LeaseOptions {
  /** Aborting it takes the waiter out of the line at once. */
  signal?: AbortSignal;
  /** 0..10, 10 first, default 5; first come, first served within one priority. */
  priority?: number;
}

export interface LeaseOutcome {
  /** Whether the task succeeded. */
  ok: boolean;
  durationMs: number;
  /** What a failed task ended with; after an `AgentGoneError` the agent is replaced. */
  error?: unknown;
  /**
   * What the task says of its agent, for the breaker of the pool: an agent that fails a bad task has done well. Default:
   * `success` if the task succeeded, otherwise `unknown`. An abandoned task is a failure of its agent, and so is a loss.
   */
  agentOutcome?: BreakerOutcome;
}

/**
 * The right to run one task on one agent. Exactly one of `release`, `abandon` and the loss of the agent ends it; what
 * comes later does nothing.
 */
export interface Lease {
  readonly agentId: string;
  readonly capability: string;

  /**
   * Runs the task on the leased agent.
   * @param onLost told when the agent is lost under the task, whatever the agent itself does: the lease has ended then,
   * and what the promise comes to is of no interest any more.
   * @throws what the agent throws; {AgentLostError} when the agent was lost before.
   */
  execute(task: AgentTask, context: AgentContext, onLost?: (error: AgentLostError) => void): Promise<unknown>;

  /** Gives the slot back; the next waiter gets it before this returns. */
  release(outcome: LeaseOutcome): void;

  /** The task ignored its signal: the agent is disposed of and replaced, its slot never comes back. */
  abandon(error: ErrorRecord): void;
}
