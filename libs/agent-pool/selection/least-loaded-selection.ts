import type { SelectionCandidate } from './agent-selection.js';
import { CheapestAgentSelection } from './cheapest-agent-selection.js';

/** The agent with the fewest tasks under way; equals take turns. */
export class LeastLoadedSelection extends CheapestAgentSelection {
  protected readonly lowestCost = 0;

  protected cost({ active }: SelectionCandidate): number {
    return active;
  }
}
