import { Logger } from '@nestjs/common';
import { ManualClock } from '#core';
import { DISPOSE_TIMEOUT_MS } from './dispose-agent.js';
import { CREATE_BACKOFF } from './health/next-create.js';
import { FakeAgent, FakeFactory, slowly } from './testing/fake-factory.js';
import { createGate } from './testing/gate.js';
import { makePool, makeReadyPool, outcomeOf, type Bench } from './testing/make-pool.js';

function typesOf({ published }: Bench): string[] {
  return published.map(({ type }) => type);
}

let warned: jest.SpyInstance;
beforeEach(() => {
  warned = jest.spyOn(Logger.prototype, 'warn').mockImplementation();
});
afterEach(() => jest.restoreAllMocks());

describe('provisioning', () => {
  it('makes 50 agents of 100 ms each in 100 ms', async () => {
    const clock = new ManualClock();
    const { pool, factory } = makePool({
      clock,
      factory: new FakeFactory(slowly(clock, 100)),
      size: { min: 50 },
    });
    expect(pool.agents()).toEqual([]);
    pool.start();
    const ready = pool.whenProvisioned();

    await clock.advance(99);
    expect(await outcomeOf(ready)).toBe('pending');
    expect(pool.pool('work')).toMatchObject({
      health: 'critical',
      agents: { starting: 50 },
      size: { current: 50 },
    });
    await clock.advance(1);
    expect(await outcomeOf(ready)).toBe('fulfilled');
    expect(pool.pool('work')).toMatchObject({ health: 'healthy', agents: { idle: 50, starting: 0 } });
    expect(factory.calls).toBe(50);
    expect(clock.timerCount).toBe(0);
    await pool.close();
  });

  it('tells of an agent that started, and when', async () => {
    const clock = new ManualClock();
    const bench = makePool({ clock, factory: new FakeFactory(slowly(clock, 40)) });
    bench.pool.start();
    await clock.advance(40);

    const [agent] = bench.pool.agents();
    expect(agent).toMatchObject({ state: 'idle', kind: 'fake', startedAt: clock.timestamp(), error: null });
    expect(bench.published).toEqual([
      { type: 'agent.started', data: { agentId: agent?.agentId, capability: 'work', durationMs: 40 } },
    ]);
  });

  it('tries a failing agent again, later and later up to a limit, until it is there', async () => {
    const failures = 12;
    const factory = new FakeFactory((_, call) =>
      call <= failures ? Promise.reject(new Error(`no ${call}`)) : Promise.resolve(new FakeAgent()),
    );
    const bench = makePool({ factory });
    jest.spyOn(Math, 'random').mockReturnValue(1 - Number.EPSILON);
    bench.pool.start();
    await bench.clock.advance(0);
    expect(bench.pool.agents()[0]).toMatchObject({
      state: 'error',
      startedAt: null,
      error: { code: 'AGENT_CREATE_FAILED', message: 'no 1' },
    });
    expect(bench.pool.pool('work')).toMatchObject({ health: 'critical', agents: { error: 1 } });

    await bench.clock.advance(1_000_000);

    const failed = bench.published.filter(({ type }) => type === 'agent.failed');
    const waits = failed.map(({ data }) => (data as { retryInMs: number }).retryInMs);
    expect(waits.slice(0, 7)).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000]);
    expect(Math.max(...waits)).toBe(CREATE_BACKOFF.maxDelayMs);
    expect(factory.calls).toBe(failures + 1);
    expect(failed[0]?.data).toMatchObject({ reason: 'create', error: { message: 'no 1' } });
    expect(typesOf(bench).slice(-2)).toEqual(['agent.started', 'agent.recovered']);
    const [agent] = bench.pool.agents();
    expect(agent).toMatchObject({ state: 'idle', error: null });
    expect(bench.published.at(-1)?.data).toEqual({
      agentId: agent?.agentId,
      capability: 'work',
      attempts: 13,
    });
  });

  it('says why an agent that is being made again is not there', async () => {
    const second = createGate<FakeAgent>();
    const factory = new FakeFactory((_, call) =>
      call === 1 ? Promise.reject(new Error('no')) : second.promise,
    );
    const { pool, clock } = makePool({ factory });
    pool.start();
    await clock.advance(CREATE_BACKOFF.baseDelayMs);

    expect(pool.agents()[0]).toMatchObject({ state: 'starting', error: { message: 'no' } });
  });

  it('does not let a failing agent hold up the others', async () => {
    const factory = new FakeFactory((_, call) =>
      call === 2 ? Promise.reject(new Error('no')) : Promise.resolve(new FakeAgent()),
    );
    const { pool, lease } = makePool({ factory, size: { min: 3 } });
    pool.start();
    await pool.whenProvisioned();

    expect(pool.pool('work')).toMatchObject({ health: 'degraded', agents: { idle: 2, error: 1 } });
    await expect(lease()).resolves.toBeDefined();
    await pool.close();
  });

  it('takes a factory that throws at once for one that fails', async () => {
    const factory = new FakeFactory();
    factory.create = () => {
      throw new Error('at once');
    };
    const { pool } = makePool({ factory });
    pool.start();
    await pool.whenProvisioned();

    expect(pool.agents()[0]).toMatchObject({ state: 'error', error: { message: 'at once' } });
    await pool.close();
  });

  it('gives a create up after its timeout, and disposes of what comes of it later', async () => {
    const first = createGate<FakeAgent>();
    const factory = new FakeFactory((_, call) =>
      call === 1 ? first.promise : Promise.resolve(new FakeAgent()),
    );
    const { pool, clock, published } = makePool({ factory, createTimeoutMs: 50 });
    pool.start();
    await clock.advance(49);
    expect(factory.signals[0]?.aborted).toBe(false);
    await clock.advance(1);
    expect(factory.signals[0]?.reason).toMatchObject({ kind: 'timeout' });
    expect(published[0]).toMatchObject({
      type: 'agent.failed',
      data: { reason: 'create', error: { code: 'TIMEOUT' } },
    });
    await clock.advance(CREATE_BACKOFF.baseDelayMs);
    expect(factory.calls).toBe(2);

    const late = new FakeAgent();
    first.open(late);
    await clock.advance(0);

    expect(late.disposals).toBe(1);
    expect(factory.alive).toBe(1);
    expect(pool.agents()).toHaveLength(1);
    expect(clock.timerCount).toBe(0);
    await pool.close();
    expect(factory.alive).toBe(0);
  });

  it('does not abort the signal of a create that succeeded, even at close', async () => {
    const { pool, factory } = await makeReadyPool();
    await pool.close();

    expect(factory.signals[0]?.aborted).toBe(false);
  });

  it('aborts creates under way at close and waits for their end', async () => {
    const ended = createGate<FakeAgent>();
    const bench = makePool({ factory: new FakeFactory(() => ended.promise) });
    bench.pool.start();
    const closed = bench.pool.close();

    expect(bench.factory.signals[0]?.reason).toMatchObject({ kind: 'shutdown' });
    expect(await outcomeOf(closed)).toBe('pending');
    const late = new FakeAgent();
    ended.open(late);
    await closed;

    expect(late.disposals).toBe(1);
    expect(bench.pool.agents()[0]).toMatchObject({ state: 'stopped' });
    expect(typesOf(bench)).toEqual([]);
    expect(bench.clock.timerCount).toBe(0);
  });

  it('waits at close for a create that ignores its abort no longer than for a disposal', async () => {
    const { pool, clock } = makePool({ factory: new FakeFactory(() => new Promise(() => {})) });
    pool.start();
    const closed = pool.close();

    await clock.advance(DISPOSE_TIMEOUT_MS - 1);
    expect(await outcomeOf(closed)).toBe('pending');
    await clock.advance(1);
    expect(await outcomeOf(closed)).toBe('fulfilled');
    expect(warned).toHaveBeenCalledWith(
      'aborting the create of an agent of "work" failed: it timed out after 5000 ms',
    );
    expect(clock.timerCount).toBe(0);
  });

  it.each([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10])(
    'disposes of an agent that comes to be around the close, %i turns before it',
    async (turns) => {
      const made = createGate<FakeAgent>();
      const { pool, clock } = makePool({ factory: new FakeFactory(() => made.promise) });
      pool.start();
      const agent = new FakeAgent();
      made.open(agent);
      for (let turn = 0; turn < turns; turn++) await Promise.resolve();
      await pool.close();

      expect(agent.disposals).toBe(1);
      expect(pool.agents()).toMatchObject([{ state: 'stopped' }]);
      expect(clock.timerCount).toBe(0);
    },
  );

  it('tries no more once it is closed', async () => {
    const { pool, clock, factory } = makePool({
      factory: new FakeFactory(() => Promise.reject(new Error('no'))),
    });
    pool.start();
    await pool.whenProvisioned();
    expect(clock.timerCount).toBeGreaterThan(0);
    await pool.close();

    expect(clock.timerCount).toBe(0);
    await clock.advance(100_000);
    expect(factory.calls).toBe(1);
    expect(factory.signals[0]?.aborted).toBe(false);
  });

  it('makes the agents of a pool that is added after the start at once', async () => {
    const { pool } = await makeReadyPool();
    const factory = new FakeFactory();
    pool.add({ capability: 'more', factory, size: { min: 2 } });
    await pool.whenProvisioned();

    expect(factory.made).toHaveLength(2);
    expect(pool.capabilities()).toEqual(['work', 'more']);
    await pool.close();
  });

  it('starts once only', async () => {
    const { pool, factory } = await makeReadyPool({ size: { min: 3 } });
    pool.start();

    expect(factory.calls).toBe(3);
    await pool.close();
    pool.start();
    expect(factory.calls).toBe(3);
  });

  it('lets go of who waits for the first attempts: at their signal, and at close', async () => {
    const { pool } = makePool();
    const leaving = new AbortController();
    const left = pool.whenProvisioned(leaving.signal);
    const stayed = pool.whenProvisioned();
    leaving.abort(new Error('enough'));

    await expect(left).rejects.toThrow('enough');
    expect(await outcomeOf(stayed)).toBe('pending');
    await pool.close();
    await expect(stayed).rejects.toMatchObject({ code: 'POOL_CLOSED' });
  });
});
