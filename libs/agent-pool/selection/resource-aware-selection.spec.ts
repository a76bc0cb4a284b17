import { makeCandidate } from '../testing/candidate.js';
import { ResourceAwareSelection } from './resource-aware-selection.js';

describe('ResourceAwareSelection', () => {
  it('prefers three short tasks to one long one', () => {
    const agents = [
      makeCandidate('long', { active: 1, averageLatencyMs: 400 }),
      makeCandidate('short', { active: 3, averageLatencyMs: 100 }),
    ];

    expect(new ResourceAwareSelection().select(agents)?.name).toBe('short');
  });

  it('prefers an idle slow agent to a busy fast one', () => {
    const agents = [
      makeCandidate('busy', { active: 1, averageLatencyMs: 1 }),
      makeCandidate('idle', { active: 0, averageLatencyMs: 5_000 }),
    ];

    expect(new ResourceAwareSelection().select(agents)?.name).toBe('idle');
  });

  it('takes work of unknown length for the most', () => {
    const agents = [
      makeCandidate('unknown', { active: 1 }),
      makeCandidate('known', { active: 5, averageLatencyMs: 5_000 }),
    ];

    expect(new ResourceAwareSelection().select(agents)?.name).toBe('known');
  });
});
