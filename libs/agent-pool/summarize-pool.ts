import type { BreakerState } from '#core';
import type { ResolvedPoolDefinition } from './pool-definition.js';
import type { PooledAgent } from './pooled-agent.js';
import { quorumOf } from './quorum.js';
import type {
  AgentState,
  PoolHealth,
  PoolScaling,
  PoolSnapshot,
  PoolState,
  RefusalCode,
} from './snapshots.js';
import type { TaskStatistics } from './task-statistics.js';

export interface PoolFigures {
  agents: readonly PooledAgent[];
  /** `current`: agents that have a place; neither successors to be nor those who leave. */
  size: PoolSnapshot['size'];
  drained: boolean;
  lastScaling: PoolScaling | null;
  waiting: number;
  refusals: Readonly<Record<RefusalCode, number>>;
  breaker: BreakerState | null;
  retryAfterMs: number | null;
  statistics: TaskStatistics;
  abandoned: number;
}

export function summarizePool(definition: ResolvedPoolDefinition, figures: PoolFigures): PoolSnapshot {
  const { capability, factory, selection, concurrencyPerAgent, readyWhen } = definition;
  const { size, lastScaling } = figures;
  const { tasks, failures, averageLatencyMs } = figures.statistics;
  const byState: Record<AgentState, number> = {
    starting: 0,
    idle: 0,
    busy: 0,
    draining: 0,
    stopped: 0,
    error: 0,
    quarantined: 0,
  };
  let active = 0;
  for (const pooled of figures.agents) {
    byState[pooled.state]++;
    active += pooled.active;
  }
  return {
    capability,
    kind: factory.kind,
    state: stateOf(figures.drained, active),
    health: healthOf(byState, size.min, figures.breaker),
    selection,
    concurrencyPerAgent,
    size,
    lastScaling,
    agents: byState,
    quorum: { required: quorumOf(readyWhen, size), usable: byState.idle + byState.busy },
    breaker: figures.breaker,
    retryAfterMs: figures.retryAfterMs,
    leases: { active, waiting: figures.waiting },
    refusals: { ...figures.refusals },
    performance: { tasks, failures, abandoned: figures.abandoned, averageLatencyMs },
  };
}

function stateOf(drained: boolean, active: number): PoolState {
  if (!drained) return 'running';
  return active > 0 ? 'draining' : 'drained';
}

function healthOf(
  { idle, busy, quarantined }: Record<AgentState, number>,
  min: number,
  breaker: BreakerState | null,
): PoolHealth {
  const usable = idle + busy;
  if (usable === 0 || breaker === 'open') return 'critical';
  return usable < min || quarantined > 0 || breaker === 'half-open' ? 'degraded' : 'healthy';
}
