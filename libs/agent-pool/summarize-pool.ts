import type { ResolvedPoolDefinition } from './pool-definition.js';
import type { PooledAgent } from './pooled-agent.js';
import type { AgentState, PoolHealth, PoolSnapshot } from './snapshots.js';
import type { TaskStatistics } from './task-statistics.js';

export interface PoolFigures {
  agents: readonly PooledAgent[];
  /** Agents that the pool keeps, abandoned ones not counted. */
  size: number;
  waiting: number;
  statistics: TaskStatistics;
  abandoned: number;
}

export function summarizePool(definition: ResolvedPoolDefinition, figures: PoolFigures): PoolSnapshot {
  const { capability, factory, selection, concurrencyPerAgent, size } = definition;
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
    health: healthOf(byState, size.min),
    selection,
    concurrencyPerAgent,
    size: { ...size, current: figures.size },
    agents: byState,
    leases: { active, waiting: figures.waiting },
    performance: { tasks, failures, abandoned: figures.abandoned, averageLatencyMs },
  };
}

function healthOf({ idle, busy, quarantined }: Record<AgentState, number>, min: number): PoolHealth {
  const usable = idle + busy;
  if (usable === 0) return 'critical';
  return usable < min || quarantined > 0 ? 'degraded' : 'healthy';
}
