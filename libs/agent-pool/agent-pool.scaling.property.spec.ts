import fc from 'fast-check';
import { ManualClock } from '#core';
import type { OrchestraEventMap } from '#events';
import type { Lease } from './lease.js';
import { CREATE_BACKOFF } from './health/next-create.js';
import { FakeAgent, FakeFactory } from './testing/fake-factory.js';
import { OK, STUCK, makeReadyPool, settle } from './testing/make-pool.js';

const which = fc.nat();
const size = fc.integer({ min: 1, max: 5 });

const step = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant('lease' as const), count: size }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('release' as const), which }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('abandon' as const), which }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('cancel' as const), which }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('drain' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('resume' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('resize' as const), min: size, more: size }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('break' as const), broken: fc.boolean() }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.nat(3_000) }) },
);

const setting = fc.record({
  min: size,
  more: size,
  concurrencyPerAgent: fc.integer({ min: 1, max: 3 }),
  targetUtilization: fc.constantFrom(0.5, 0.8, 1),
  recycleAfterTasks: fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined }),
  maxAgeMs: fc.option(fc.constant(20_000), { nil: undefined }),
  steps: fc.array(step, { maxLength: 40 }),
});

const SHRINK_AFTER_MS = 1_000;

function pick<T>(from: T[], at: number): T | undefined {
  return from.length === 0 ? undefined : from.splice(at % from.length, 1)[0];
}

describe('any sequence of leases, their ends, drains, resizes and failures', () => {
  it(
    'stays within its size, loses no lease, disposes of every agent once and leaves no timer',
    () =>
      fc.assert(
        fc.asyncProperty(setting, async ({ min, more, targetUtilization, steps, ...options }) => {
          let broken = false;
          const clock = new ManualClock();
          const factory = new FakeFactory(async () => {
            await Promise.resolve();
            if (broken) throw new Error('not now');
            return new FakeAgent();
          });
          const bounds = { min, max: min + more };
          const scaling = { targetUtilization, shrinkAfterMs: SHRINK_AFTER_MS };
          const { pool, lease, published } = await makeReadyPool({
            clock,
            factory,
            size: bounds,
            scaling,
            ...options,
          });
          const held: Lease[] = [];
          const cancels: AbortController[] = [];
          let asked = 0;
          let settledLeases = 0;
          const ask = (): void => {
            const cancel = new AbortController();
            cancels.push(cancel);
            asked++;
            void lease({ signal: cancel.signal })
              .then(
                (granted) => held.push(granted),
                () => undefined,
              )
              .finally(() => settledLeases++);
          };

          for (const now of steps) {
            if (now.do === 'lease') for (let n = 0; n < now.count; n++) ask();
            else if (now.do === 'release') pick(held, now.which)?.release(OK);
            else if (now.do === 'abandon') pick(held, now.which)?.abandon(STUCK);
            else if (now.do === 'cancel') pick(cancels, now.which)?.abort(new Error('cancelled'));
            else if (now.do === 'drain') pool.drain('work');
            else if (now.do === 'resume') pool.resume('work');
            else if (now.do === 'resize') {
              Object.assign(bounds, { min: now.min, max: now.min + now.more });
              pool.resize('work', bounds);
            } else if (now.do === 'break') ({ broken } = now);
            else await clock.advance(now.ms);
            await settle();

            const { size: current, leases, state } = pool.pool('work')!;
            expect(current.current).toBeGreaterThanOrEqual(bounds.min);
            expect(current.current).toBeLessThanOrEqual(bounds.max);
            expect(leases).toEqual({ active: held.length, waiting: asked - settledLeases });
            // Nobody waits while there is a free slot, unless the pool is drained.
            const free = pool.agents().filter(({ state: is, active, concurrency }) =>
            (is === 'idle' || is === 'busy') && active < concurrency); // prettier-ignore
            if (state === 'running' && leases.waiting > 0) expect(free).toEqual([]);
          }

          // Whatever was is made good: agents can be made, and everything is given back.
          broken = false;
          pool.resume('work');
          for (let round = 0; round < 200 && settledLeases < asked; round++) {
            for (const granted of held.splice(0)) granted.release(OK);
            await clock.advance(1_000);
          }
          expect(settledLeases).toBe(asked);
          for (const granted of held.splice(0)) granted.release(OK);
          // By then every back-off is over, and what there is too much has gone.
          await clock.advance(CREATE_BACKOFF.maxDelayMs + SHRINK_AFTER_MS * 3);
          expect(pool.pool('work')).toMatchObject({
            size: { ...bounds, current: bounds.min },
            leases: { active: 0, waiting: 0 },
            agents: { idle: bounds.min },
          });
          expect(factory.alive).toBe(bounds.min);
          if (options.maxAgeMs === undefined) expect(clock.timerCount).toBe(0);

          for (const { data } of published.filter(({ type }) => type === 'pool.scaled')) {
            const { from, to, reasons } = data as OrchestraEventMap['pool.scaled'];
            expect(from).not.toBe(to);
            expect(reasons).not.toEqual([]);
          }
          await pool.close();
          expect(factory.made.every(({ disposals }) => disposals === 1)).toBe(true);
          expect(clock.timerCount).toBe(0);
        }),
        { numRuns: 100 },
      ),
    30_000,
  );
});
