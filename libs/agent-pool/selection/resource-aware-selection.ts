import type { SelectionCandidate } from './agent-selection.js';
import { CheapestAgentSelection } from './cheapest-agent-selection.js';

/**
 * The agent with the least work before it. Agents report no figures of their own (memory, load, quota), so its work is
 * what the pool itself can tell:
 *
 *     work = active / concurrency × averageLatencyMs
 *
 * the time for which its tasks are expected to hold a whole agent. It differs from `least-loaded` where the agents of
 * a pool are not equally fast (one on a slower machine): three short tasks may be less work than one long one.
 * Idle agents have none and take turns. Work of unknown length (an agent busy with its first tasks) counts as the most.
 */
export class ResourceAwareSelection extends CheapestAgentSelection {
  protected readonly lowestCost = 0;

  protected cost({ active, concurrency, statistics }: SelectionCandidate): number {
    return active === 0 ? 0 : (active / concurrency) * (statistics.averageLatencyMs ?? Infinity);
  }
}
