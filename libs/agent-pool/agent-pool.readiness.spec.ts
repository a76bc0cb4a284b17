import { getEventListeners } from 'node:events';
import { parseOptions, untilAborted } from '#core';
import { poolOptionsSchema } from './pool-options.js';
import { FakeAgent, FakeFactory } from './testing/fake-factory.js';
import { createGate, type Gate } from './testing/gate.js';
import { STUCK, makePool, makeReadyPool, outcomeOf, settle, type BenchOptions } from './testing/make-pool.js';

/** A pool of three whose agents come when the test says so. */
function makeSlowPool(readyWhen: BenchOptions['readyWhen']) {
  const gates: Gate<FakeAgent>[] = [];
  const factory = new FakeFactory((signal) => {
    const gate = createGate<FakeAgent>();
    gates.push(gate);
    return untilAborted(gate.promise, signal);
  });
  const bench = makePool({ factory, size: { min: 3, max: 5 }, readyWhen });
  bench.pool.start();
  const come = async (nth: number): Promise<void> => {
    gates[nth - 1]?.open(new FakeAgent());
    await settle();
  };
  const fail = async (nth: number): Promise<void> => {
    gates[nth - 1]?.fail(new Error('no'));
    await settle();
  };
  return { ...bench, come, fail };
}

describe('AgentPool.whenReady', () => {
  it.each([
    ['any', 1],
    [2, 2],
    ['all', 3],
  ] as const)('readyWhen %j takes %i usable agents of three', async (readyWhen, count) => {
    const { pool, come } = makeSlowPool(readyWhen);
    const ready = pool.whenReady();
    for (let nth = 1; nth < count; nth++) await come(nth);
    expect(await outcomeOf(ready)).toBe('pending');
    expect(pool.pool('work')?.quorum).toEqual({ required: count, usable: count - 1 });
    await come(count);
    expect(await outcomeOf(ready)).toBe('fulfilled');
    await expect(pool.whenReady()).resolves.toBeUndefined();
    await pool.close();
  });

  it('waits, without a quorum, for the first attempts alone', async () => {
    const { pool, come, fail } = makeSlowPool(undefined);
    const ready = pool.whenReady();
    await come(1);
    await fail(2);
    expect(await outcomeOf(ready)).toBe('pending');
    await fail(3);
    expect(await outcomeOf(ready)).toBe('fulfilled');
    expect(pool.pool('work')?.quorum).toEqual({ required: 0, usable: 1 });
    await pool.close();
  });

  it('waits for a quorum beyond the first attempts', async () => {
    const { pool, clock, come, fail } = makeSlowPool('all');
    const [ready, provisioned] = [pool.whenReady(), pool.whenProvisioned()];
    await come(1);
    await come(2);
    await fail(3);
    await provisioned;
    expect(await outcomeOf(ready)).toBe('pending');
    await clock.advance(1_000);
    await come(4);
    expect(await outcomeOf(ready)).toBe('fulfilled');
    await pool.close();
  });

  it('waits for every pool, those that are added meanwhile too', async () => {
    const { pool, come } = makeSlowPool('any');
    const ready = pool.whenReady();
    const other = createGate<FakeAgent>();
    pool.add({ capability: 'other', factory: new FakeFactory(() => other.promise), readyWhen: 'any' });
    await come(1);
    expect(await outcomeOf(ready)).toBe('pending');
    other.open(new FakeAgent());
    await ready;
    await pool.close();
  });

  it('counts no agent that leaves', async () => {
    const again = createGate<FakeAgent>();
    const factory = new FakeFactory((_, call) =>
      call === 1 ? Promise.resolve(new FakeAgent()) : again.promise,
    );
    const { pool, lease } = await makeReadyPool({ factory, readyWhen: 'all', concurrencyPerAgent: 2 });
    const [stuck] = await Promise.all([lease(), lease()]);
    stuck.abandon(STUCK);
    expect(pool.pool('work')?.quorum).toEqual({ required: 1, usable: 0 });
    const ready = pool.whenReady();
    expect(await outcomeOf(ready)).toBe('pending');
    again.open(new FakeAgent());
    await ready;
    await pool.close();
  });

  it('resolves when there is no pool, once it is started', async () => {
    const { pool } = await makeReadyPool();
    await expect(pool.whenReady()).resolves.toBeUndefined();
    const unstarted = makePool();
    const ready = unstarted.pool.whenReady();
    expect(await outcomeOf(ready)).toBe('pending');
    unstarted.pool.start();
    await ready;
    await Promise.all([pool.close(), unstarted.pool.close()]);
  });

  it('lets go of who waits: at their signal, and at close', async () => {
    const { pool } = makeSlowPool('all');
    const leaving = new AbortController();
    const left = pool.whenReady(leaving.signal);
    const stayed = pool.whenReady();
    leaving.abort(new Error('enough'));
    await expect(left).rejects.toThrow('enough');
    await expect(pool.whenReady(leaving.signal)).rejects.toThrow('enough');
    expect(getEventListeners(leaving.signal, 'abort')).toEqual([]);
    const closed = pool.close();
    await expect(stayed).rejects.toMatchObject({ code: 'POOL_CLOSED' });
    await expect(pool.whenReady()).rejects.toMatchObject({ code: 'POOL_CLOSED' });
    await closed;
  });
});

describe('the options of a pool', () => {
  it.each([
    [{ readyWhen: 3, size: { min: 1, max: 2 } }, 'readyWhen'],
    [{ readyWhen: -1 }, 'readyWhen'],
    [{ readyWhen: 'most' }, 'readyWhen'],
    [{ unavailableAfterMs: 0 }, 'unavailableAfterMs'],
    [{ health: { intervalMs: 1_000, timeoutMs: 1_001 } }, 'health.timeoutMs'],
    [{ health: { intervalMs: 4_999 } }, 'health.timeoutMs'],
    [{ breaker: { threshold: 2 } }, 'breaker.threshold'],
    [{ breaker: { openMs: 100, maxOpenMs: 50 } }, 'breaker.maxOpenMs'],
    [{ breaker: { colour: 'red' } }, 'breaker.colour'],
    [{ breaker: true }, 'breaker'],
  ])('%j are refused with the path of what is wrong', (options, path) => {
    expect(() => parseOptions(poolOptionsSchema, { capability: 'work', ...options }, 'pool')).toThrow(
      expect.objectContaining({ problems: [expect.objectContaining({ path })] }),
    );
  });

  it.each([0, 2, 'any', 'all'])('may ask for readyWhen %j of two', (readyWhen) => {
    const options = { capability: 'work', readyWhen, size: { min: 1, max: 2 } };
    expect(parseOptions(poolOptionsSchema, options, 'pool')).toMatchObject({ readyWhen });
  });
});
