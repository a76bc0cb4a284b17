import { makeCandidate } from '../testing/candidate.js';
import { RoundRobinSelection } from './round-robin-selection.js';

describe('RoundRobinSelection', () => {
  it('goes on with the next one whatever the agents do already', () => {
    const agents = [
      makeCandidate('a', { active: 9 }),
      makeCandidate('b', { active: 0 }),
      makeCandidate('c', { active: 5 }),
    ];
    const selection = new RoundRobinSelection();

    expect([1, 2, 3, 4].map(() => selection.select(agents)?.name)).toEqual(['a', 'b', 'c', 'a']);
  });

  it('passes over a busy one and comes back to it in its next turn', () => {
    const [a, c] = [makeCandidate('a'), makeCandidate('c')];
    const busy = makeCandidate('b', { active: 10 });
    const selection = new RoundRobinSelection();

    expect(selection.select([a, busy, c])?.name).toBe('a');
    expect(selection.select([a, busy, c])?.name).toBe('c');
    expect(selection.select([a, makeCandidate('b'), c])?.name).toBe('a');
    expect(selection.select([a, makeCandidate('b'), c])?.name).toBe('b');
  });
});
