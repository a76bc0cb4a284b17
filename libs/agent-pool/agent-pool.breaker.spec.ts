import type { BreakerOutcome } from '#core';
import type { Lease, LeaseOutcome } from './lease.js';
import { MIN_RETRY_AFTER_MS } from './pool-availability.js';
import { OPEN_MS, PATIENCE_MS, makeBreakerPool } from './testing/make-breaker-pool.js';
import { STUCK, outcomeOf, settle, type Bench, type BenchOptions } from './testing/make-pool.js';

const outcome = (agentOutcome: BreakerOutcome): LeaseOutcome => ({
  ok: agentOutcome === 'success',
  durationMs: 1,
  agentOutcome,
});
const FAILED = outcome('failure');
const WELL = outcome('success');
const CALLED_OFF = outcome('unknown');

beforeEach(() => jest.spyOn(Math, 'random').mockReturnValue(0));
afterEach(() => jest.restoreAllMocks());

async function fail({ lease }: Bench, times = 4): Promise<void> {
  for (let time = 0; time < times; time++) (await lease()).release(FAILED);
}

async function makeOpenPool(options?: BenchOptions): Promise<Bench> {
  const bench = await makeBreakerPool(options);
  await fail(bench);
  return bench;
}

async function makeHalfOpenPool(options?: BenchOptions): Promise<Bench> {
  const bench = await makeOpenPool(options);
  await bench.clock.advance(OPEN_MS);
  return bench;
}

const eventsOf = ({ published }: Bench) => published.filter(({ type }) => type.startsWith('pool.'));
const refusal = (retryAfterMs: number) => ({
  code: 'POOL_UNAVAILABLE',
  retryable: true,
  details: { capability: 'work', reason: 'failures', retryAfterMs },
});

describe('a pool whose agents fail too often', () => {
  it('refuses leases at once, says for how long, and needs no timer for it', async () => {
    const bench = await makeOpenPool();
    await expect(bench.lease()).rejects.toMatchObject(refusal(OPEN_MS));
    await bench.clock.advance(OPEN_MS - 1);
    await expect(bench.lease()).rejects.toMatchObject(refusal(1));
    expect(bench.pool.pool('work')).toMatchObject({
      health: 'critical',
      breaker: 'open',
      retryAfterMs: 1,
      agents: { idle: 4 },
      leases: { active: 0, waiting: 0 },
      refusals: { POOL_UNAVAILABLE: 2 },
    });
    expect(bench.clock.timerCount).toBe(0);
    await bench.pool.close();
  });

  it('refuses those who wait in line, and tells of it with figures', async () => {
    const bench = await makeBreakerPool({ size: { min: 1 }, breaker: { minimumTasks: 1, openMs: OPEN_MS } });
    const held = await bench.lease();
    const waiting = [bench.lease(), bench.lease()];
    held.release(FAILED);
    for (const lease of waiting) await expect(lease).rejects.toMatchObject(refusal(OPEN_MS));
    expect(eventsOf(bench)).toEqual([
      {
        type: 'pool.unavailable',
        data: {
          capability: 'work',
          reason: 'failures',
          retryAfterMs: OPEN_MS,
          tasks: 1,
          failures: 1,
          usableAgents: 1,
          refused: 2,
        },
      },
    ]);
    await bench.pool.close();
  });

  it.each<[string, LeaseOutcome[]]>([
    ['that were called off', Array<LeaseOutcome>(8).fill(CALLED_OFF)],
    [
      'whose agents did well',
      Array<LeaseOutcome>(8).fill({ ok: false, durationMs: 1, agentOutcome: 'success' }),
    ],
    ['of which nobody says whose failure it was', Array<LeaseOutcome>(8).fill({ ok: false, durationMs: 1 })],
    ['that fail now and then', [WELL, WELL, FAILED, WELL, WELL, FAILED, WELL, WELL, FAILED]],
  ])('is not one of tasks %s', async (_, outcomes) => {
    const bench = await makeBreakerPool();
    for (const each of outcomes) (await bench.lease()).release(each);
    expect(bench.pool.pool('work')).toMatchObject({
      health: 'healthy',
      breaker: 'closed',
      retryAfterMs: null,
    });
    await bench.pool.close();
  });

  it('is one of tasks that had to be abandoned', async () => {
    const bench = await makeBreakerPool();
    for (let time = 0; time < 4; time++) {
      (await bench.lease()).abandon(STUCK);
      await settle();
    }
    await expect(bench.lease()).rejects.toMatchObject({ code: 'POOL_UNAVAILABLE' });
    await bench.pool.close();
  });

  it('goes on when it has no breaker', async () => {
    const bench = await makeBreakerPool({ breaker: false });
    await fail(bench, 100);
    expect(bench.pool.pool('work')).toMatchObject({ health: 'healthy', breaker: null, retryAfterMs: null });
    await bench.pool.close();
  });
});

describe('a pool that probes', () => {
  it('grants a few leases, has the others wait, and serves them all at once when the probes succeed', async () => {
    const bench = await makeHalfOpenPool();
    const probes = await Promise.all([bench.lease(), bench.lease()]);
    const waiting = [bench.lease(), bench.lease(), bench.lease()];
    expect(await outcomeOf(waiting[0]!)).toBe('pending');
    expect(bench.pool.pool('work')).toMatchObject({
      health: 'degraded',
      breaker: 'half-open',
      leases: { active: 2, waiting: 3 },
    });
    probes[0].release(WELL);
    // A probe that is over leaves its place to another.
    expect(await outcomeOf(waiting[0]!)).toBe('fulfilled');
    expect(await outcomeOf(waiting[1]!)).toBe('pending');
    await bench.clock.advance(10);
    probes[1].release(WELL);
    await Promise.all(waiting);
    expect(bench.pool.pool('work')).toMatchObject({
      health: 'healthy',
      breaker: 'closed',
      leases: { active: 3 },
    });
    expect(eventsOf(bench).at(-1)).toEqual({
      type: 'pool.available',
      data: { capability: 'work', reason: 'failures', unavailableMs: OPEN_MS + 10, usableAgents: 4 },
    });
    expect(bench.clock.timerCount).toBe(0);
    await bench.pool.close();
  });

  it('refuses those who wait when a probe fails, for twice as long as before', async () => {
    const bench = await makeHalfOpenPool();
    const [probe] = await Promise.all([bench.lease(), bench.lease()]);
    const waiting = bench.lease();
    probe.release(FAILED);
    await expect(waiting).rejects.toMatchObject(refusal(2 * OPEN_MS));
    expect(eventsOf(bench).map(({ type }) => type)).toEqual(['pool.unavailable', 'pool.unavailable']);
    expect(bench.clock.timerCount).toBe(0);
    await bench.pool.close();
  });

  it('has nobody wait for long for a probe that hangs, and still closes by it', async () => {
    const bench = await makeHalfOpenPool();
    const probes = await Promise.all([bench.lease(), bench.lease()]);
    const waiting = bench.lease();
    const refused = expect(waiting).rejects.toMatchObject(refusal(MIN_RETRY_AFTER_MS));
    await bench.clock.advance(PATIENCE_MS - 1);
    expect(await outcomeOf(waiting)).toBe('pending');
    await bench.clock.advance(1);
    await refused;
    await expect(bench.lease()).rejects.toMatchObject(refusal(MIN_RETRY_AFTER_MS));
    expect(bench.clock.timerCount).toBe(0);
    probes.forEach((probe) => probe.release(WELL));
    await expect(bench.lease()).resolves.toBeDefined();
    await bench.pool.close();
  });

  it('gives the place of a probe that was called off to whoever waits', async () => {
    const bench = await makeHalfOpenPool();
    const probes = await Promise.all([bench.lease(), bench.lease()]);
    const waiting = bench.lease();
    probes[0].release(CALLED_OFF);
    await expect(waiting).resolves.toBeDefined();
    expect(bench.pool.pool('work')?.breaker).toBe('half-open');
    await bench.pool.close();
  });

  it('takes no note of tasks from before', async () => {
    const bench = await makeBreakerPool();
    const old = await Promise.all([bench.lease(), bench.lease()]);
    await fail(bench);
    await bench.clock.advance(OPEN_MS);
    const probe = await bench.lease();
    old[0].release(FAILED);
    old[1].release(WELL);
    expect(bench.pool.pool('work')?.breaker).toBe('half-open');
    probe.release(WELL);
    (await bench.lease()).release(WELL);
    expect(bench.pool.pool('work')?.breaker).toBe('closed');
    await bench.pool.close();
  });

  it('lets those who wait leave, and leaves no timer behind when it is closed', async () => {
    const bench = await makeHalfOpenPool();
    await Promise.all([bench.lease(), bench.lease()]);
    const leaving = new AbortController();
    const [left, stayed] = [bench.lease({ signal: leaving.signal }), bench.lease()];
    leaving.abort(new Error('enough'));
    await expect(left).rejects.toThrow('enough');
    const closed = bench.pool.close();
    await expect(stayed).rejects.toMatchObject({ code: 'POOL_CLOSED' });
    await closed;
    expect(bench.clock.timerCount).toBe(0);
  });

  it('may be asked for leases by whoever hears of its recovery', async () => {
    const bench = await makeHalfOpenPool();
    const heard: Promise<Lease>[] = [];
    bench.events.on('pool.available', () => heard.push(bench.lease()));
    for (let probe = 0; probe < 2; probe++) (await bench.lease()).release(WELL);
    await expect(Promise.all(heard)).resolves.toHaveLength(1);
    await bench.pool.close();
  });
});
