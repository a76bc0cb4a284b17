import { makeCandidate } from '../testing/candidate.js';
import { LeastLoadedSelection } from './least-loaded-selection.js';

describe('LeastLoadedSelection', () => {
  it('chooses the one with the fewest tasks, however fast the others are', () => {
    const agents = [
      makeCandidate('a', { active: 2, averageLatencyMs: 1 }),
      makeCandidate('b', { active: 1, averageLatencyMs: 1_000 }),
      makeCandidate('c', { active: 3, averageLatencyMs: 1 }),
    ];
    const selection = new LeastLoadedSelection();

    expect([1, 2].map(() => selection.select(agents)?.name)).toEqual(['b', 'b']);
  });

  it('lets those with equally few take turns', () => {
    const agents = [1, 0, 0, 2].map((active, place) => makeCandidate(`${place}`, { active }));
    const selection = new LeastLoadedSelection();

    expect([1, 2, 3].map(() => selection.select(agents)?.name)).toEqual(['1', '2', '1']);
  });
});
