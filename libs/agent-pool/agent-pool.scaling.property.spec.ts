import fc from 'fast-check';
import { ManualClock } from '#core';
import type { OrchestraEventMap } from '#events';
import type { Lease } from './lease.js';
import { CREATE_BACKOFF } from './health/next-create.js';
import { AgentGoneError } from './ports/agent-lost.errors.js';
import { FakeAgent, FakeFactory } from './testing/fake-factory.js';
import { OK, STUCK, makeReadyPool, settle } from './testing/make-pool.js';
import { context, task } from './testing/make-task.js';

const which = fc.nat();
const size = fc.integer({ min: 1, max: 5 });

const step = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant('lease' as const), count: size }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('release' as const), which }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('abandon' as const), which }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('gone' as const), which }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('cancel' as const), which }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('drain' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('resume' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('resize' as const), min: size, more: size }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('break' as const), broken: fc.boolean() }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.nat(3_000) }) },
);

type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

interface Setting {
  min: number;
  more: number;
  concurrencyPerAgent: number;
  targetUtilization: number;
  recycleAfterTasks: number | undefined;
  maxAgeMs: number | undefined;
  steps: Step[];
}

const setting: fc.Arbitrary<Setting> = fc.record({
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

async function run({ min, more, targetUtilization, steps, ...options }: Setting): Promise<void> {
  let broken = false;
  const factory = new FakeFactory(async () => {
    await Promise.resolve();
    if (broken) throw new Error('not now');
    return new FakeAgent();
  });
  const bounds = { min, max: min + more };
  const { pool, clock, lease, published } = await makeReadyPool({
    clock: new ManualClock(),
    factory,
    size: { ...bounds },
    scaling: { targetUtilization, shrinkAfterMs: SHRINK_AFTER_MS },
    // The failures here are no reason for a quarantine.
    restart: { maxRestarts: 1_000, maxFailedCreates: 1_000 },
    ...options,
  });
  const held: Lease[] = [];
  const cancels: AbortController[] = [];
  let waiting = 0;

  const ask = async (): Promise<void> => {
    const cancel = new AbortController();
    cancels.push(cancel);
    waiting++;
    const granted = await lease({ signal: cancel.signal }).finally(() => waiting--);
    held.push(granted);
    await granted.execute(task, context, () => held.splice(held.indexOf(granted), 1));
  };

  const act = async (now: Step): Promise<void> => {
    switch (now.do) {
      case 'lease':
        for (let n = 0; n < now.count; n++) ask().catch(() => undefined);
        break;
      case 'release':
        pick(held, now.which)?.release(OK);
        break;
      case 'abandon':
        pick(held, now.which)?.abandon(STUCK);
        break;
      case 'gone':
        pick(held, now.which)?.release({ ok: false, durationMs: 1, error: new AgentGoneError('exit') });
        break;
      case 'cancel':
        pick(cancels, now.which)?.abort(new Error('cancelled'));
        break;
      case 'drain':
        pool.drain('work');
        break;
      case 'resume':
        pool.resume('work');
        break;
      case 'resize':
        Object.assign(bounds, { min: now.min, max: now.min + now.more });
        pool.resize('work', bounds);
        break;
      case 'break':
        ({ broken } = now);
        break;
      case 'pass':
        await clock.advance(now.ms);
    }
    await settle();
  };

  for (const now of steps) {
    await act(now);
    const { size, leases, state } = pool.pool('work')!;
    expect(size.current).toBeGreaterThanOrEqual(bounds.min);
    expect(size.current).toBeLessThanOrEqual(bounds.max);
    expect(leases).toEqual({ active: held.length, waiting });
    if (state !== 'running' || waiting === 0) continue;
    // Nobody waits while a slot is free.
    const able = pool.agents().filter((agent) => agent.state === 'idle' || agent.state === 'busy');
    expect(able.filter(({ active, concurrency }) => active < concurrency)).toEqual([]);
  }

  // When agents can be made and tasks end, everybody is served.
  broken = false;
  pool.resume('work');
  for (let round = 0; round < 200 && waiting > 0; round++) {
    for (const granted of held.splice(0)) granted.release(OK);
    await clock.advance(1_000);
  }
  expect(waiting).toBe(0);
  for (const granted of held.splice(0)) granted.release(OK);
  // By then every back-off is over, and what there is too much has gone.
  await clock.advance(CREATE_BACKOFF.maxDelayMs + SHRINK_AFTER_MS * 3);
  expect(pool.pool('work')).toMatchObject({
    size: { ...bounds, current: bounds.min },
    leases: { active: 0, waiting: 0 },
    agents: { idle: bounds.min, busy: 0, draining: 0, starting: 0 },
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
}

describe('any sequence of leases, their ends, drains, resizes and failures', () => {
  it(
    'stays within its size, loses no lease, disposes of every agent once and leaves no timer',
    () => fc.assert(fc.asyncProperty(setting, run), { numRuns: 100 }),
    30_000,
  );
});
