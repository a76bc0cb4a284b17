import { DEFAULT_RETRY_POLICY } from '#core';
import type { SelectionCandidate } from './agent-selection.js';
import { CheapestAgentSelection } from './cheapest-agent-selection.js';

/** Time after which an agent's record counts 1/e: the default `decayTime` of Finagle's peak EWMA balancer. */
export const DECAY_MS = 10_000;

/** What a failure costs beside the attempt itself: the wait before a step's retry, by default. */
const FAILURE_COST_MS = DEFAULT_RETRY_POLICY.baseDelayMs;

/** Keeps an agent that always fails comparable to others. */
const LOWEST_SUCCESS_RATE = 0.001;

/** Keeps load counting where tasks take no measurable time. */
const LOWEST_LATENCY_MS = 0.001;

/**
 * The agent from which a success can be expected soonest:
 *
 *     cost = (active + 1) × (L + (1 − p) × F) / p × e^(−(now − lastEndedAt) / DECAY_MS)
 *
 * `L` is the moving average of latency, `p` the moving success rate, `F` {@link FAILURE_COST_MS}. An attempt succeeds
 * with chance `p`, so it takes 1/p attempts of `L` and (1 − p)/p failures; counting what a failure costs beside its
 * own time keeps an agent that fails fast from drawing all the work. The load factor `active + 1` and the decay are
 * those of the peak EWMA balancer of Twitter's Finagle (`com.twitter.finagle.loadbalancer.PeakEwma`); by the decay an
 * agent that did badly is tried again after a while. As there, an agent without a record is explored at once, one
 * task at a time: while it is busy with its first it comes last.
 *
 * The logarithm of the cost orders the same, and with the part common to all agents (now) left out it needs no clock.
 */
export class PerformanceBasedSelection extends CheapestAgentSelection {
  protected readonly lowestCost = -Infinity;

  protected cost({ active, statistics }: SelectionCandidate): number {
    const { averageLatencyMs, recentSuccessRate, lastEndedAtMs } = statistics;
    if (averageLatencyMs === null) return active === 0 ? -Infinity : Infinity;
    const latencyMs = Math.max(averageLatencyMs, LOWEST_LATENCY_MS);
    const successRate = Math.max(recentSuccessRate, LOWEST_SUCCESS_RATE);
    const untilSuccessMs = (latencyMs + (1 - successRate) * FAILURE_COST_MS) / successRate;
    return Math.log((active + 1) * untilSuccessMs) + lastEndedAtMs / DECAY_MS;
  }
}
