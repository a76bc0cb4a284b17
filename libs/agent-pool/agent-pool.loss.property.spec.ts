import fc from 'fast-check';
import type { Lease } from './lease.js';
import { AgentGoneError } from './ports/agent-lost.errors.js';
import { FakeAgent, FakeFactory } from './testing/fake-factory.js';
import { createGate } from './testing/gate.js';
import { OK, STUCK, makePool, settle } from './testing/make-pool.js';
import { context, task } from './testing/make-task.js';

const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('lease' as const) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom('release' as const, 'abandon' as const, 'gone' as const, 'twice' as const),
      which: fc.nat(),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 400 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('settle' as const) }) },
);

/** One task, as its holder sees it. */
interface Held {
  lease: Lease;
  lost: number;
  ended: boolean;
}

describe('any interleaving of failing pings, creates and disposals, of tasks that end, are given up or lost, and of the close', () => {
  it('ends every lease once, disposes of every agent once, and leaves no timer', () => {
    const setting = fc.record({
      size: fc.integer({ min: 1, max: 3 }),
      concurrencyPerAgent: fc.integer({ min: 1, max: 3 }),
      maxRestarts: fc.integer({ min: 0, max: 3 }),
      maxConcurrentPings: fc.integer({ min: 1, max: 2 }),
      /** What pings, creates and disposals do, in the order they come, over and over. */
      pings: fc.array(fc.constantFrom('well', 'ill', 'mute', 'deaf', 'throw'), { minLength: 1 }),
      creates: fc.array(fc.constantFrom('made', 'made', 'made', 'fails', 'slow'), { minLength: 1 }),
      slowDisposals: fc.boolean(),
      steps: fc.array(step, { maxLength: 60 }),
    });
    return fc.assert(
      fc.asyncProperty(setting, async (given) => {
        let pings = 0;
        const disposal = createGate();
        const ping = (signal: AbortSignal): Promise<void> => {
          const answer = given.pings[pings++ % given.pings.length];
          if (answer === 'throw') throw new Error('at once');
          if (answer === 'ill') return Promise.reject(new Error('not well'));
          if (answer === 'well') return Promise.resolve();
          return new Promise((_, reject) => {
            if (answer === 'mute')
              signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
          });
        };
        const factory = new FakeFactory(async (signal, call) => {
          const how = given.creates[call % given.creates.length];
          if (how === 'fails') throw new Error('no');
          if (how === 'slow') await clock.sleep(70, { signal });
          return new FakeAgent(() => (given.slowDisposals ? disposal.promise : Promise.resolve()), ping);
        });
        const bench = makePool({
          factory,
          size: { min: given.size },
          concurrencyPerAgent: given.concurrencyPerAgent,
          createTimeoutMs: 50,
          health: {
            intervalMs: 100,
            timeoutMs: 30,
            failureThreshold: 2,
            maxConcurrentPings: given.maxConcurrentPings,
          },
          restart: { maxRestarts: given.maxRestarts, windowMs: 2_000, quarantineMs: 300 },
        });
        const { clock, pool } = bench;
        pool.start();
        await settle();

        const held: Held[] = [];
        let granted = 0;
        let lost = 0;
        let wanted = 0;
        for (const now of given.steps) {
          if (now.do === 'lease') {
            wanted++;
            bench.lease().then(
              (lease) => {
                const one: Held = { lease, lost: 0, ended: false };
                granted++;
                held.push(one);
                lease
                  .execute(task, context, () => {
                    one.lost++;
                    lost++;
                    held.splice(held.indexOf(one), 1);
                  })
                  .catch(() => held.splice(held.indexOf(one), 1));
              },
              () => wanted--,
            );
          } else if (now.do === 'wait') {
            await clock.advance(now.ms);
          } else if (now.do === 'settle') {
            await settle();
          } else {
            const [one] = held.length === 0 ? [] : held.splice(now.which % held.length, 1);
            if (one === undefined) continue;
            one.ended = true;
            const { lease } = one;
            if (now.do === 'abandon') lease.abandon(STUCK);
            else if (now.do === 'gone')
              lease.release({ ...OK, ok: false, error: new AgentGoneError('gone') });
            else lease.release(OK);
            if (now.do === 'twice') lease.abandon(STUCK);
            expect(one.lost).toBe(0);
          }
          await Promise.resolve();
          for (const { lost: times, ended } of held) expect([times, ended]).toEqual([0, false]);
          const { leases, size, agents } = pool.pool('work')!;
          expect(size.current).toBe(given.size);
          expect(agents.stopped).toBe(0);
          for (const { active, concurrency } of pool.agents())
            expect(active).toBeLessThanOrEqual(concurrency);
          expect(leases.active + leases.waiting).toBeLessThanOrEqual(wanted);
        }

        await settle();
        expect(pool.pool('work')?.leases.active).toBe(held.length);
        const closed = pool.close();
        for (const { lease } of held.splice(0)) lease.release(OK);
        disposal.open();
        await clock.advance(10_000);
        await closed;

        const { leases, performance } = pool.pool('work')!;
        expect(leases).toEqual({ active: 0, waiting: 0 });
        expect(performance.tasks).toBe(granted);
        expect(performance.failures).toBeGreaterThanOrEqual(lost);
        expect(factory.made.map(({ disposals }) => disposals)).toEqual(factory.made.map(() => 1));
        const made = bench.published.filter(({ type }) => type === 'agent.started').length;
        expect(bench.published.filter(({ type }) => type === 'agent.stopped')).toHaveLength(made);
        expect(clock.timerCount).toBe(0);
      }),
      { numRuns: 200 },
    );
  }, 60_000);
});
