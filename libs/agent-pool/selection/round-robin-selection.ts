import { CheapestAgentSelection } from './cheapest-agent-selection.js';

/** Each free agent in its turn, whatever it does already. */
export class RoundRobinSelection extends CheapestAgentSelection {
  protected readonly lowestCost = 0;

  protected cost(): number {
    return this.lowestCost;
  }
}
