import fc from 'fast-check';
import type { Lease } from './lease.js';
import { SELECTIONS } from './pool-options.js';
import { OK, STUCK, makeReadyPool, settle } from './testing/make-pool.js';

const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant('lease' as const), priority: fc.integer({ min: 0, max: 10 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('release' as const), which: fc.nat(), ok: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('abandon' as const), which: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('cancel' as const), which: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('settle' as const) }) },
);

interface Wait {
  id: number;
  priority: number;
  controller: AbortController;
}

function pick<T>(from: T[], which: number): T | undefined {
  return from.length === 0 ? undefined : from.splice(which % from.length, 1)[0];
}

describe('any sequence of lease, release, abandon and cancel', () => {
  it('keeps every agent within its concurrency, loses no slot and serves in order', () => {
    const setting = fc.record({
      size: fc.integer({ min: 1, max: 4 }),
      concurrencyPerAgent: fc.integer({ min: 1, max: 3 }),
      selection: fc.constantFrom(...SELECTIONS),
      steps: fc.array(step, { maxLength: 50 }),
    });
    return fc.assert(
      fc.asyncProperty(setting, async ({ size, concurrencyPerAgent, selection, steps }) => {
        const { pool, clock, factory, lease } = await makeReadyPool({
          size: { min: size },
          concurrencyPerAgent,
          selection,
        });
        const held: Lease[] = [];
        const served: number[] = [];
        const waiting: Wait[] = [];
        let leases = 0;

        for (const now of steps) {
          if (now.do === 'lease') {
            const wait: Wait = { id: leases++, priority: now.priority, controller: new AbortController() };
            waiting.push(wait);
            lease({ priority: now.priority, signal: wait.controller.signal }).then(
              (granted) => {
                held.push(granted);
                served.push(wait.id);
              },
              () => {},
            );
          } else if (now.do === 'release') {
            pick(held, now.which)?.release({ ok: now.ok, durationMs: now.which % 100 });
          } else if (now.do === 'abandon') {
            pick(held, now.which)?.abandon(STUCK);
          } else if (now.do === 'cancel') {
            pick(waiting, now.which)?.controller.abort(new Error('cancelled'));
          }
          const before = served.length;
          const line = [...waiting].sort((a, b) => b.priority - a.priority || a.id - b.id);
          if (now.do === 'settle') await settle();
          else for (let tick = 0; tick < 3; tick++) await Promise.resolve();

          // Whoever was served stood first: no one was overtaken.
          const grants = served.slice(before);
          expect(grants).toEqual(line.slice(0, grants.length).map(({ id }) => id));
          for (const id of grants) waiting.splice(waiting.findIndex((wait) => wait.id === id), 1); // prettier-ignore

          const byAgent = new Map<string, number>();
          for (const { agentId } of held) byAgent.set(agentId, (byAgent.get(agentId) ?? 0) + 1);
          for (const tasks of byAgent.values()) expect(tasks).toBeLessThanOrEqual(concurrencyPerAgent);
          for (const agent of pool.agents()) expect(agent.active).toBe(byAgent.get(agent.agentId) ?? 0);
          expect(pool.pool('work')?.leases).toEqual({ active: held.length, waiting: waiting.length });
        }

        // When all is given back, who still waits is served, and every slot is there again.
        await settle();
        while (held.length > 0) {
          held.pop()?.release(OK);
          await settle();
        }
        expect(pool.pool('work')).toMatchObject({
          agents: { idle: size },
          leases: { active: 0, waiting: 0 },
        });
        const all = await Promise.all(Array.from({ length: size * concurrencyPerAgent }, () => lease()));
        expect(new Set(all.map(({ agentId }) => agentId)).size).toBe(size);
        await pool.close();
        expect(factory.alive).toBe(0);
        expect(clock.timerCount).toBe(0);
      }),
      { numRuns: 150 },
    );
  });
});
