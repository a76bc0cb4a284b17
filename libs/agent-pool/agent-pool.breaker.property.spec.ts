import fc from 'fast-check';
import type { BreakerOutcome } from '#core';
import type { Lease } from './lease.js';
import { STUCK, makeReadyPool, settle } from './testing/make-pool.js';

const SIZE = 2;
const OPEN_MS = 100;

const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('lease' as const) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('release' as const),
      which: fc.nat(),
      agentOutcome: fc.constantFrom<BreakerOutcome>('success', 'failure', 'failure', 'unknown'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('abandon' as const), which: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('cancel' as const), which: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.nat({ max: 150 }) }) },
);

const setting = fc.record({
  halfOpenProbes: fc.integer({ min: 1, max: 3 }),
  minimumTasks: fc.integer({ min: 1, max: 3 }),
  steps: fc.array(step, { maxLength: 60 }),
});

describe('any sequence of leases, outcomes and waits on a pool with a breaker', () => {
  it('settles every lease, keeps none from a free agent without need, and comes back', () =>
    fc.assert(
      fc.asyncProperty(setting, async ({ halfOpenProbes, minimumTasks, steps }) => {
        const { pool, clock, lease } = await makeReadyPool({
          size: { min: SIZE },
          unavailableAfterMs: 50,
          breaker: { minimumTasks, halfOpenProbes, openMs: OPEN_MS, maxOpenMs: OPEN_MS },
        });
        const held: Lease[] = [];
        const controllers: AbortController[] = [];
        const refusals: unknown[] = [];
        let asked = 0;
        let settled = 0;
        const ask = (): void => {
          const controller = new AbortController();
          controllers.push(controller);
          asked++;
          lease({ signal: controller.signal }).then(
            (granted) => {
              settled++;
              held.push(granted);
            },
            (error: unknown) => {
              settled++;
              if (!controller.signal.aborted) refusals.push((error as { code?: string }).code);
            },
          );
        };
        const take = (which: number): Lease | undefined =>
          held.splice(which % Math.max(1, held.length), 1)[0];

        for (const now of steps) {
          if (now.do === 'lease') ask();
          if (now.do === 'release') {
            const { agentOutcome } = now;
            take(now.which)?.release({ ok: agentOutcome === 'success', durationMs: 1, agentOutcome });
          }
          if (now.do === 'abandon') take(now.which)?.abandon(STUCK);
          if (now.do === 'cancel') controllers[now.which % Math.max(1, controllers.length)]?.abort();
          if (now.do === 'wait') await clock.advance(now.ms);
          await settle();
          const snapshot = pool.pool('work')!;
          expect(snapshot.leases).toEqual({ active: held.length, waiting: asked - settled });
          // Only probes keep a lease from an agent that is free.
          if (snapshot.leases.waiting > 0 && snapshot.agents.idle > 0)
            expect(snapshot.breaker).toBe('half-open');
          if (snapshot.breaker === 'open') expect(snapshot.leases.waiting).toBe(0);
        }
        expect(new Set(refusals).size).toBeLessThanOrEqual(1);
        expect([undefined, 'POOL_UNAVAILABLE']).toContain(refusals[0]);

        // Whatever came before, time and tasks that go well bring it back, and everybody is served or refused.
        for (let round = 0; round < 100 && (held.length > 0 || asked > settled); round++) {
          held.splice(0).forEach((granted) => granted.release({ ok: true, durationMs: 1 }));
          await settle();
        }
        expect([held.length, settled]).toEqual([0, asked]);
        await clock.advance(OPEN_MS);
        for (let probe = 0; probe < halfOpenProbes; probe++)
          (await lease()).release({ ok: true, durationMs: 1 });
        expect(pool.pool('work')).toMatchObject({
          health: 'healthy',
          breaker: 'closed',
          agents: { idle: SIZE },
        });
        await pool.close();
        expect(clock.timerCount).toBe(0);
      }),
      { numRuns: 200 },
    ));
});
