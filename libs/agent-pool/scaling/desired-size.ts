import type { OrchestraEventMap } from '#events';
import type { PoolSize } from '../pool-options.js';

/** Why a pool changes its size; the event `pool.scaled` says what each stands for. */
export type ScalingReason = OrchestraEventMap['pool.scaled']['reasons'][number];
export const SCALING_REASONS = [
  'waiting',
  'utilization',
  'failing',
  'surplus',
  'resized',
] as const satisfies readonly ScalingReason[];

/** What a decision is made of. */
export interface ScalingFigures {
  /** Leases held of agents that stay, and leases that wait. */
  busy: number;
  waiting: number;
  /** Agents that have a place, whatever their state. */
  size: number;
  /** Those of them that cannot be made or are not able to work. */
  failing: number;
  /** Whether any of them is there and able to work. */
  anyUsable: boolean;
}

export interface ScalingDecision {
  from: number;
  to: number;
  reasons: ScalingReason[];
}

/** Keeps a load that fits exactly from needing one agent more, by the rounding of a division. */
const ROUNDING = 1e-9;

/** Target tracking: as few agents as keep the load at or below `slotsPerAgent` each, which may be a fraction. */
export function agentsFor(load: number, slotsPerAgent: number): number {
  return Math.max(0, Math.ceil(load / slotsPerAgent - ROUNDING));
}

/**
 * Agents that work or soon will. One that is being made counts, so that a burst is answered once. One that fails does not
 * as long as another works; where none does it counts too: what cannot be made at all is not to be tried more often for
 * there being more work.
 */
export function workingAgents({ size, failing, anyUsable }: ScalingFigures): number {
  return anyUsable ? size - failing : size;
}

/** @returns what the load asks for at once; undefined when there are enough agents, or no more may be. */
export function decideGrowth(
  figures: ScalingFigures,
  slotsPerAgent: number,
  { max }: PoolSize,
): ScalingDecision | undefined {
  const { busy, waiting, size } = figures;
  const working = workingAgents(figures);
  const to = Math.min(max, size + agentsFor(busy + waiting, slotsPerAgent) - working);
  if (to <= size) return undefined;
  const reasons: ScalingReason[] = [waiting > 0 ? 'waiting' : 'utilization'];
  if (working < size) reasons.push('failing');
  return { from: size, to, reasons };
}

/**
 * @param needed the most agents that the load of the last `shrinkAfterMs` asked for.
 * @returns what is left when the surplus has gone, those who fail first; undefined when there is none.
 */
export function decideShrinking(
  figures: ScalingFigures,
  needed: number,
  { min }: PoolSize,
): ScalingDecision | undefined {
  const { size } = figures;
  const to = Math.max(min, needed);
  if (to >= size || needed > workingAgents(figures)) return undefined;
  return { from: size, to, reasons: ['surplus'] };
}
