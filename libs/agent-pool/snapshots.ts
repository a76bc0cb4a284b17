import type { BreakerState, ErrorRecord } from '#core';
import type { AgentResources } from './ports/agent.js';
import type { Selection } from './pool-options.js';
import type { ScalingReason } from './scaling/desired-size.js';

/** `quarantined` and `error` agents take no tasks; `draining` ones finish theirs and then stop. */
export const AGENT_STATES = [
  'starting',
  'idle',
  'busy',
  'draining',
  'stopped',
  'error',
  'quarantined',
] as const;
export type AgentState = (typeof AGENT_STATES)[number];

/**
 * `degraded`: fewer usable agents than `size.min`, one in quarantine, or a breaker that is half-open; `critical`: none
 * usable, or the breaker is open.
 */
export const POOL_HEALTHS = ['healthy', 'degraded', 'critical'] as const;
export type PoolHealth = (typeof POOL_HEALTHS)[number];

/** Why a lease was refused, or thrown out of the line. */
export const REFUSAL_CODES = ['POOL_UNAVAILABLE', 'TOO_MANY_WAITERS'] as const;
export type RefusalCode = (typeof REFUSAL_CODES)[number];

/** `draining`: no lease is granted, and tasks are under way; `drained`: none are any more. */
export const POOL_STATES = ['running', 'draining', 'drained'] as const;
export type PoolState = (typeof POOL_STATES)[number];

/** A change of the number of agents. */
export interface PoolScaling {
  /** ISO 8601. */
  at: string;
  from: number;
  to: number;
  reasons: ScalingReason[];
}

/** An agent as it is at the moment it is asked for. */
export interface AgentSnapshot {
  agentId: string;
  capability: string;
  kind: string;
  state: AgentState;
  /** Tasks under way. */
  active: number;
  concurrency: number;
  /** ISO 8601; null until it is ready. */
  startedAt: string | null;
  performance: {
    tasks: number;
    failures: number;
    /** 0..1; null before the first task. */
    successRate: number | null;
    /** Exponential moving average, ms; null before the first task. */
    averageLatencyMs: number | null;
  };
  /** Null for agents that have no thread of their own, and while there is none. */
  resources: AgentResources | null;
  health: {
    /** When its latest ping ended, ISO 8601; null before the first. */
    lastPingAt: string | null;
    /** Failed pings that later ones have not made forgotten. */
    failedPings: number;
    /** How often the agent of its place was lost, and made anew, since the start. */
    restarts: number;
    /** When it is tried again, ISO 8601; null unless it is quarantined. */
    quarantinedUntil: string | null;
  };
  /** Why it is not there, while it is in `error`, `quarantined` or `starting` again. */
  error: ErrorRecord | null;
}

/** A pool as it is at the moment it is asked for. */
export interface PoolSnapshot {
  capability: string;
  kind: string;
  state: PoolState;
  /** Of the agents; a drained pool may well be healthy. */
  health: PoolHealth;
  selection: Selection;
  concurrencyPerAgent: number;
  size: { min: number; max: number; current: number };
  /** The latest change of `size.current`; null before the first. */
  lastScaling: PoolScaling | null;
  /** Agents by state. */
  agents: Record<AgentState, number>;
  /** Usable agents that make it ready: see `readyWhen` of the options. */
  quorum: { required: number; usable: number };
  /** Null when it has none. */
  breaker: BreakerState | null;
  /** While leases are refused, when they may be granted again, ms; otherwise null. */
  retryAfterMs: number | null;
  /** Leases held, and leases waiting. */
  leases: { active: number; waiting: number };
  /** Leases refused since the start. */
  refusals: Record<RefusalCode, number>;
  performance: { tasks: number; failures: number; abandoned: number; averageLatencyMs: number | null };
}
