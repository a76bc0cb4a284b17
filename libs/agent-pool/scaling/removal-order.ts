import type { PooledAgent } from '../pooled-agent.js';
import type { AgentState } from '../snapshots.js';

/** Who goes first: those who do nothing for the pool, then those who have nothing to do. */
const RANK: Record<AgentState, number> = {
  error: 0,
  quarantined: 0,
  starting: 1,
  idle: 2,
  busy: 3,
  draining: 4,
  stopped: 4,
};

/**
 * Whom a pool can do without: those who fail, those who are not there yet, the idle, then those with the fewest tasks; of
 * equals the last ones, so that the others keep their places.
 */
export function firstToGo(agents: readonly PooledAgent[], count: number): PooledAgent[] {
  return agents
    .map((pooled, place) => ({ pooled, place, rank: RANK[pooled.state], active: pooled.active }))
    .sort((a, b) => a.rank - b.rank || a.active - b.active || b.place - a.place)
    .slice(0, count)
    .map(({ pooled }) => pooled);
}
