import fc from 'fast-check';
import { OrchestraError } from '#core';
import type { Lease } from './lease.js';
import { AgentGoneError } from './ports/agent-lost.errors.js';
import { FakeAgent, FakeFactory } from './testing/fake-factory.js';
import { OK, STUCK, makePool, settle } from './testing/make-pool.js';
import { context, task } from './testing/make-task.js';

const which = fc.nat();
const few = fc.integer({ min: 1, max: 4 });

const step = fc.oneof(
  { weight: 12, arbitrary: fc.record({ do: fc.constant('lease' as const), count: few }) },
  {
    weight: 10,
    arbitrary: fc.record({
      do: fc.constantFrom('succeed', 'succeed', 'fail', 'fail', 'fail', 'unknown', 'abandon', 'gone'),
      which,
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('cancel' as const), which }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('drain' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('resume' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('resize' as const), min: few, more: few }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('sicken' as const), ill: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('break' as const), broken: fc.boolean() }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.nat(1_500) }) },
);

const setting = fc.record({
  min: few,
  more: fc.nat(3),
  concurrencyPerAgent: fc.integer({ min: 1, max: 3 }),
  recycleAfterTasks: fc.option(few, { nil: undefined }),
  maxAgeMs: fc.option(fc.constant(2_000), { nil: undefined }),
  maxWaiters: fc.constantFrom(2, 100),
  maxRestarts: fc.integer({ min: 0, max: 3 }),
  breaker: fc.constantFrom(true, false),
  steps: fc.array(step, { maxLength: 80, size: 'max' }),
});

/** What a lease may be refused with, or be thrown out of the line with. */
const REFUSALS = ['POOL_UNAVAILABLE', 'TOO_MANY_WAITERS', 'POOL_CLOSED', 'CALLED_OFF'];

/** Of pools as small as these, one agent at a time is renewed; its successor is there beside it for a moment. */
const RENEWALS_AT_ONCE = 1;

class CalledOff extends OrchestraError<'CALLED_OFF'> {}

/** One that asked for a lease: it gets one that ends once, or is refused once. */
interface Asked {
  cancel: AbortController;
  lease: Lease | undefined;
  ends: number;
  refusedWith: string | undefined;
}

async function run(given: typeof setting extends fc.Arbitrary<infer S> ? S : never): Promise<void> {
  let broken = false;
  let ill = false;
  const factory = new FakeFactory(async () => {
    await Promise.resolve();
    if (broken) throw new Error('not now');
    return new FakeAgent(undefined, () => (ill ? Promise.reject(new Error('not well')) : Promise.resolve()));
  });
  const bounds = { min: given.min, max: given.min + given.more };
  const bench = makePool({
    factory,
    size: { ...bounds },
    concurrencyPerAgent: given.concurrencyPerAgent,
    maxWaiters: given.maxWaiters,
    recycleAfterTasks: given.recycleAfterTasks,
    maxAgeMs: given.maxAgeMs,
    scaling: { shrinkAfterMs: 1_000 },
    health: { intervalMs: 300, timeoutMs: 50, failureThreshold: 2 },
    restart: { maxRestarts: given.maxRestarts, maxFailedCreates: 2, windowMs: 5_000, quarantineMs: 2_000 },
    breaker: given.breaker && {
      minimumTasks: 4,
      windowMs: 5_000,
      openMs: 500,
      maxOpenMs: 2_000,
      halfOpenProbes: 2,
    },
    unavailableAfterMs: 1_000,
  });
  const { pool, clock } = bench;
  pool.start();
  await settle();

  const all: Asked[] = [];
  const held = (): Asked[] => all.filter(({ lease, ends }) => lease !== undefined && ends === 0);
  const waiting = (): Asked[] =>
    all.filter(({ lease, refusedWith }) => lease === undefined && refusedWith === undefined);

  const ask = (): void => {
    const asked: Asked = { cancel: new AbortController(), lease: undefined, ends: 0, refusedWith: undefined };
    all.push(asked);
    bench.lease({ signal: asked.cancel.signal }).then(
      (lease) => {
        asked.lease = lease;
        lease
          .execute(task, context, () => asked.ends++)
          .catch(() => {
            // Lost before its holder had it.
            asked.ends++;
          });
      },
      (error: unknown) => (asked.refusedWith = (error as OrchestraError).code),
    );
  };

  const end = (how: string, at: number): void => {
    const one = held()[at % Math.max(1, held().length)];
    if (one?.lease === undefined) return;
    one.ends++;
    if (how === 'abandon') one.lease.abandon(STUCK);
    else if (how === 'gone') one.lease.release({ ...OK, ok: false, error: new AgentGoneError('gone') });
    else if (how === 'succeed') one.lease.release(OK);
    else one.lease.release({ ...OK, ok: false, agentOutcome: how === 'fail' ? 'failure' : 'unknown' });
  };

  for (const now of given.steps) {
    if (now.do === 'lease') for (let n = 0; n < now.count; n++) ask();
    else if (now.do === 'cancel')
      waiting()[now.which % Math.max(1, waiting().length)]?.cancel.abort(new CalledOff('CALLED_OFF', 'no'));
    else if (now.do === 'drain') pool.drain('work');
    else if (now.do === 'resume') pool.resume('work');
    else if (now.do === 'resize')
      pool.resize('work', Object.assign(bounds, { min: now.min, max: now.min + now.more }));
    else if (now.do === 'sicken') ill = now.ill;
    else if (now.do === 'break') broken = now.broken;
    else if (now.do === 'wait') await clock.advance(now.ms);
    else end(now.do, now.which);
    await settle();

    const { size, state, leases, agents, health, breaker } = pool.pool('work')!;
    expect(size.current).toBeGreaterThanOrEqual(bounds.min);
    expect(size.current).toBeLessThanOrEqual(bounds.max);
    expect(leases).toEqual({ active: held().length, waiting: waiting().length });
    const { idle, busy, starting, error, quarantined, draining } = agents;
    // Those who leave have tasks; nobody else is there beyond the size, but a successor.
    expect(draining).toBeLessThanOrEqual(held().length);
    expect(idle + busy + starting + error + quarantined).toBeLessThanOrEqual(bounds.max + RENEWALS_AT_ONCE);
    // Fewer than the minimum are told of.
    if (idle + busy < bounds.min) expect(health).not.toBe('healthy');
    // Nobody waits while a slot may be leased.
    if (state === 'running' && leases.waiting > 0 && (breaker === null || breaker === 'closed')) {
      const able = pool.agents().filter((agent) => agent.state === 'idle' || agent.state === 'busy');
      expect(able.filter(({ active, concurrency }) => active < concurrency)).toEqual([]);
    }
    // While it is drained, nobody is turned away.
    if (state !== 'running') expect(pool.pool('work')?.retryAfterMs).toBeNull();
  }

  const closed = pool.close();
  for (const one of held()) {
    one.ends++;
    one.lease?.release(OK);
  }
  await closed;

  for (const { lease, ends, refusedWith } of all) {
    if (lease === undefined) expect(REFUSALS).toContain(refusedWith);
    else expect([ends, refusedWith]).toEqual([1, undefined]);
  }
  const refused = all.filter(({ refusedWith }) => refusedWith === 'POOL_UNAVAILABLE').length;
  expect(pool.pool('work')?.refusals.POOL_UNAVAILABLE).toBe(refused);
  expect(factory.made.map(({ disposals }) => disposals)).toEqual(factory.made.map(() => 1));
  expect(clock.timerCount).toBe(0);
}

describe('any sequence of all that can happen to a pool', () => {
  it(
    'ends or refuses every lease once, keeps its size, disposes of every agent once and leaves no timer',
    () => fc.assert(fc.asyncProperty(setting, run), { numRuns: 300 }),
    60_000,
  );
});
