import { OPEN_MS, PATIENCE_MS, makeBreakerPool } from './testing/make-breaker-pool.js';
import { outcomeOf, settle, type Bench } from './testing/make-pool.js';

const FAILED = { ok: false, durationMs: 1, agentOutcome: 'failure' } as const;
const WELL = { ok: true, durationMs: 1 } as const;

beforeEach(() => jest.spyOn(Math, 'random').mockReturnValue(0));
afterEach(() => jest.restoreAllMocks());

async function openBreaker({ lease }: Bench): Promise<void> {
  for (let time = 0; time < 4; time++) (await lease()).release(FAILED);
}

const unavailableEvents = ({ published }: Bench): number =>
  published.filter(({ type }) => type === 'pool.unavailable').length;

describe('a pool that is drained', () => {
  it('has who asks wait although its breaker is open, and refuses them when it is resumed too early', async () => {
    const bench = await makeBreakerPool();
    await openBreaker(bench);
    bench.pool.drain('work');
    const waiting = bench.lease();
    await bench.clock.advance(OPEN_MS / 2);
    expect(await outcomeOf(waiting)).toBe('pending');
    expect(bench.pool.pool('work')).toMatchObject({ state: 'drained', retryAfterMs: null });

    bench.pool.resume('work');
    await expect(waiting).rejects.toMatchObject({ code: 'POOL_UNAVAILABLE' });
    expect(bench.published.at(-1)).toMatchObject({ type: 'pool.unavailable', data: { refused: 1 } });
  });

  it('keeps who waits beyond the patience with probes, which begins anew when it is resumed', async () => {
    const bench = await makeBreakerPool();
    await openBreaker(bench);
    await bench.clock.advance(OPEN_MS);
    const probes = [await bench.lease(), await bench.lease()];
    const waiting = bench.lease();
    bench.pool.drain('work');
    await bench.clock.advance(PATIENCE_MS * 3);
    expect(await outcomeOf(waiting)).toBe('pending');

    bench.pool.resume('work');
    await bench.clock.advance(PATIENCE_MS - 1);
    expect(await outcomeOf(waiting)).toBe('pending');
    await bench.clock.advance(1);
    await expect(waiting).rejects.toMatchObject({ code: 'POOL_UNAVAILABLE' });
    for (const probe of probes) probe.release(WELL);
    expect(bench.pool.pool('work')?.breaker).toBe('closed');
  });

  it('takes no failure of tasks under way for a reason to refuse others', async () => {
    const bench = await makeBreakerPool();
    const leases = await Promise.all([1, 2, 3, 4].map(() => bench.lease()));
    bench.pool.drain('work');
    const waiting = bench.lease();
    for (const lease of leases) lease.release(FAILED);
    expect(bench.pool.pool('work')?.breaker).toBe('closed');
    bench.pool.resume('work');
    expect(await outcomeOf(waiting)).toBe('fulfilled');
    expect(unavailableEvents(bench)).toBe(0);
  });

  it('does not stay half-open for a probe that ended meanwhile', async () => {
    const bench = await makeBreakerPool();
    await openBreaker(bench);
    await bench.clock.advance(OPEN_MS);
    const probes = [await bench.lease(), await bench.lease()];
    bench.pool.drain('work');
    for (const probe of probes) probe.release(WELL);
    bench.pool.resume('work');
    for (let probe = 0; probe < 2; probe++) (await bench.lease()).release(WELL);
    expect(bench.pool.pool('work')?.breaker).toBe('closed');
  });
});

describe('a pool that may scale', () => {
  const size = { min: 2, max: 10 };

  it('does not grow for those who wait for the outcome of a probe', async () => {
    const bench = await makeBreakerPool({ size });
    await openBreaker(bench);
    await bench.clock.advance(OPEN_MS);
    const probes = [await bench.lease(), await bench.lease()];
    await settle();
    const before = bench.pool.pool('work')?.size.current;
    const waiting = [1, 2, 3, 4].map(() => bench.lease());
    await settle();
    expect(bench.pool.pool('work')?.size.current).toBe(before);

    for (const probe of probes) probe.release(WELL);
    const served = await Promise.all(waiting);
    expect(served).toHaveLength(4);
    expect(bench.pool.pool('work')?.size.current).toBeGreaterThan(before ?? Infinity);
  });

  it('counts no renewal as a failure', async () => {
    const bench = await makeBreakerPool({ recycleAfterTasks: 1 });
    for (let time = 0; time < 20; time++) {
      (await bench.lease()).release(WELL);
      await settle();
    }
    expect(bench.published.filter(({ type }) => type === 'agent.stopped').length).toBeGreaterThan(4);
    expect(bench.pool.pool('work')).toMatchObject({ breaker: 'closed', performance: { failures: 0 } });
    expect(unavailableEvents(bench)).toBe(0);
  });
});

describe('a pool that is resized', () => {
  it('cannot become too small for its quorum', async () => {
    const { pool } = await makeBreakerPool({ size: { min: 2, max: 4 }, readyWhen: 3 });
    expect(() => pool.resize('work', { max: 2 })).toThrow(/readyWhen, which is 3/);
    expect(pool.pool('work')?.size).toEqual({ min: 2, max: 4, current: 2 });
  });

  it('asks for the quorum of its new size', async () => {
    const { pool } = await makeBreakerPool({ size: { min: 2, max: 4 }, readyWhen: 'all' });
    expect(pool.resize('work', { min: 4 }).quorum).toEqual({ required: 4, usable: 2 });
    await settle();
    expect(pool.pool('work')?.quorum).toEqual({ required: 4, usable: 4 });
  });
});
