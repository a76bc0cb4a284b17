import type { SelectionCandidate } from './agent-selection.js';
import { CheapestAgentSelection } from './cheapest-agent-selection.js';

/**
 * The agent with the least work before it, as the pool itself can tell:
 *
 *     work = active / concurrency × averageLatencyMs
 *
 * the time for which its tasks are expected to hold a whole agent. It differs from `least-loaded` where the agents of
 * a pool are not equally fast (one on a slower machine): three short tasks may be less work than one long one.
 * Idle agents have none and take turns. Work of unknown length (an agent busy with its first tasks) counts as the most.
 *
 * What agents report of themselves (`Agent.resources`) is not asked: few kinds do, a busy thread is one with tasks or
 * with slow ones, which both count already, and its heap says how near its limit is, not how soon it is done.
 */
export class ResourceAwareSelection extends CheapestAgentSelection {
  protected readonly lowestCost = 0;

  protected cost({ active, concurrency, statistics }: SelectionCandidate): number {
    return active === 0 ? 0 : (active / concurrency) * (statistics.averageLatencyMs ?? Infinity);
  }
}
