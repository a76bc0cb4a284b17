import type { ErrorRecord } from '#core';
import type { AgentContext, AgentTask } from './ports/agent.js';

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
}

/** The right to run one task on one agent. Exactly one of `release` and `abandon` ends it; later calls do nothing. */
export interface Lease {
  readonly agentId: string;
  readonly capability: string;

  /** Runs the task on the leased agent. @throws what the agent throws. */
  execute(task: AgentTask, context: AgentContext): Promise<unknown>;

  /** Gives the slot back; the next waiter gets it before this returns. */
  release(outcome: LeaseOutcome): void;

  /** The task ignored its signal: the agent is disposed of and replaced, its slot never comes back. */
  abandon(error: ErrorRecord): void;
}
