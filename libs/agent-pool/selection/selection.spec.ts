import { SELECTIONS } from '../pool-options.js';
import { makeCandidate, type Candidate } from '../testing/candidate.js';
import { OK, makeReadyPool } from '../testing/make-pool.js';
import { createSelection } from './create-selection.js';

describe.each(SELECTIONS)('every selection: %s', (selection) => {
  it('chooses nobody when nobody is free', () => {
    const busy = makeCandidate('a', { active: 1, concurrency: 1 });
    const none: Candidate[] = [];

    expect(createSelection(selection).select([busy, busy])).toBeUndefined();
    expect(createSelection(selection).select(none)).toBeUndefined();
  });

  it('chooses the one that is free, wherever it stands', () => {
    for (const free of [0, 1, 2, 3]) {
      const agents = [0, 1, 2, 3].map((place) =>
        makeCandidate(`${place}`, { active: place === free ? 0 : 1, concurrency: 1, averageLatencyMs: 5 }),
      );
      const chooser = createSelection(selection);
      for (let round = 0; round < 5; round++) {
        expect(chooser.select(agents)?.name).toBe(`${free}`);
      }
    }
  });

  it('lets equals take turns', () => {
    const agents = ['a', 'b', 'c'].map((name) => makeCandidate(name, { averageLatencyMs: 5 }));
    const chooser = createSelection(selection);

    const chosen = Array.from({ length: 6 }, () => chooser.select(agents)?.name);

    expect(chosen).toEqual(['a', 'b', 'c', 'a', 'b', 'c']);
  });

  it('survives that agents became fewer', () => {
    const agents = ['a', 'b', 'c'].map((name) => makeCandidate(name));
    const chooser = createSelection(selection);
    chooser.select(agents);
    chooser.select(agents);

    expect(chooser.select(agents.slice(0, 1))?.name).toBe('a');
  });

  it.each([1, 5])(
    'gives ten leases on ten agents of concurrency %i to ten different agents',
    async (concurrencyPerAgent) => {
      const { pool, lease } = await makeReadyPool({ selection, size: { min: 10 }, concurrencyPerAgent });
      const unknown = await Promise.all(Array.from({ length: 10 }, () => lease()));
      expect(new Set(unknown.map(({ agentId }) => agentId)).size).toBe(10);

      for (const held of unknown) held.release(OK);
      const known = await Promise.all(Array.from({ length: 10 }, () => lease()));
      expect(new Set(known.map(({ agentId }) => agentId)).size).toBe(10);
      await pool.close();
    },
  );
});
