import type { AgentSelection, SelectionCandidate } from './agent-selection.js';

/**
 * Chooses the free agent of the lowest cost; among equals the one with the fewest tasks, then the next in turn.
 *
 * It looks at every agent, where balancers over a network look at two at random ("power of two choices"): the numbers
 * of our agents are at hand and exact, and a pool has at most a thousand.
 */
export abstract class CheapestAgentSelection implements AgentSelection {
  #turn = 0;

  /** No agent costs less; the first one that costs this much is taken without looking further. */
  protected abstract readonly lowestCost: number;

  protected abstract cost(agent: SelectionCandidate): number;

  select<A extends SelectionCandidate>(agents: readonly A[]): A | undefined {
    const count = agents.length;
    let best: A | undefined;
    let bestCost = Infinity;
    let at = this.#turn < count ? this.#turn : 0;
    for (let seen = 0; seen < count; seen++) {
      const agent = agents[at];
      at = at + 1 === count ? 0 : at + 1;
      if (agent?.free !== true) continue;
      const cost = this.cost(agent);
      if (best === undefined || cost < bestCost || (cost === bestCost && agent.active < best.active)) {
        best = agent;
        bestCost = cost;
        this.#turn = at;
        if (cost === this.lowestCost) break;
      }
    }
    return best;
  }
}
