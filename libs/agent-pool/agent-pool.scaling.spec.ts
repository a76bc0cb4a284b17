import { setMaxListeners } from 'node:events';
import { ManualClock } from '#core';
import type { Lease } from './lease.js';
import { FakeAgent, FakeFactory, slowly } from './testing/fake-factory.js';
import { createGate } from './testing/gate.js';
import { OK, makeReadyPool, settle, type Bench, type BenchOptions } from './testing/make-pool.js';

const SHRINK_AFTER_MS = 10_000;

/** Of a pool that scales, its bounds 2 and 10 and its target all slots unless told otherwise. */
function makeElasticPool(options: BenchOptions = {}): Promise<Bench> {
  return makeReadyPool({
    size: { min: 2, max: 10 },
    scaling: { targetUtilization: 1, shrinkAfterMs: SHRINK_AFTER_MS },
    ...options,
  });
}

const scalings = ({ published }: Bench) =>
  published.filter(({ type }) => type === 'pool.scaled').map(({ data }) => data);

const sizeOf = ({ pool }: Bench): number => pool.pool('work')!.size.current;

/** So many leases, granted. */
const leases = (bench: Bench, count: number): Promise<Lease[]> =>
  Promise.all(Array.from({ length: count }, () => bench.lease()));

const releaseAll = (held: Lease[]): void => {
  for (const lease of held) lease.release(OK);
};

describe('a pool that grows', () => {
  it('answers a burst of 1,000 waiting leases with one decision, before any timer', async () => {
    const bench = await makeElasticPool();
    const waiting = Array.from({ length: 1_002 }, () => bench.lease());

    await Promise.resolve();
    expect(bench.factory.calls).toBe(10);
    expect(bench.clock.timerCount).toBe(8); // the limits of eight creates, and nothing else
    expect(scalings(bench)).toEqual([
      { capability: 'work', from: 2, to: 10, reasons: ['waiting'], busy: 2, waiting: 1_000, capacity: 2 },
    ]);

    await settle();
    expect(bench.pool.pool('work')).toMatchObject({
      size: { current: 10 },
      leases: { active: 10, waiting: 992 },
      lastScaling: { at: '2026-01-01T00:00:00.000Z', from: 2, to: 10, reasons: ['waiting'] },
    });
    const done = Promise.all(waiting.map(async (lease) => (await lease).release(OK)));
    await done;
    expect(scalings(bench)).toHaveLength(1);
    await bench.pool.close();
  });

  it('counts agents that are being made: no more are begun than are needed', async () => {
    const clock = new ManualClock();
    const factory = new FakeFactory((signal, call) =>
      call <= 2 ? Promise.resolve(new FakeAgent()) : slowly(clock, 500)(signal, call),
    );
    const bench = await makeElasticPool({ clock, factory });
    const held = leases(bench, 4);
    await settle();
    expect(factory.calls).toBe(4);

    const fifth = bench.lease();
    await settle();
    expect(factory.calls).toBe(5);
    expect(scalings(bench)).toMatchObject([
      { from: 2, to: 4, capacity: 2 },
      { from: 4, to: 5, capacity: 4, busy: 2, waiting: 3 },
    ]);

    await clock.advance(500);
    releaseAll([...(await held), await fifth]);
    expect(factory.calls).toBe(5);
    await bench.pool.close();
  });

  it('adds before anybody waits when more is taken than the target', async () => {
    const bench = await makeElasticPool({ size: { min: 5, max: 10 }, scaling: { targetUtilization: 0.8 } });
    await leases(bench, 4);
    await settle();
    expect(sizeOf(bench)).toBe(5);

    await bench.lease();
    await settle();
    expect(scalings(bench)).toMatchObject([{ from: 5, to: 7, reasons: ['utilization'], waiting: 0 }]);
    await bench.pool.close();
  });

  it('counts the slots of agents that run several tasks', async () => {
    const bench = await makeElasticPool({ concurrencyPerAgent: 4 });
    void leases(bench, 17);
    await settle();

    expect(scalings(bench)).toMatchObject([{ from: 2, to: 5, busy: 8, waiting: 9, capacity: 8 }]);
    await bench.pool.close();
  });

  it('stays as it is when min is max', async () => {
    const bench = await makeElasticPool({ size: { min: 2 } });
    const all = Array.from({ length: 50 }, () => bench.lease());
    await settle();
    for (const lease of all) (await lease).release(OK);
    await bench.clock.advance(SHRINK_AFTER_MS * 10);

    expect(scalings(bench)).toEqual([]);
    expect(bench.factory.calls).toBe(2);
    await bench.pool.close();
  });

  it('does not try a factory that fails more often for there being more work', async () => {
    const factory = new FakeFactory(() => Promise.reject(new Error('no agents today')));
    const bench = await makeElasticPool({ factory });
    const cancel = new AbortController();
    setMaxListeners(0, cancel.signal);
    const cancelled: unknown[] = [];
    for (let lease = 0; lease < 100; lease++) {
      bench.lease({ signal: cancel.signal }).catch((reason: unknown) => cancelled.push(reason));
      await settle();
    }

    expect(sizeOf(bench)).toBe(10);
    expect(bench.pool.pool('work')?.agents.error).toBe(10);
    expect(bench.clock.timerCount).toBe(11); // a back-off each, and the patience of those who wait
    expect(factory.calls).toBe(10);
    cancel.abort(new Error('never mind'));
    await settle();
    expect(cancelled).toHaveLength(100);
    await bench.pool.close();
    expect(bench.clock.timerCount).toBe(0);
  });

  it('makes up for agents that fail while another works', async () => {
    const factory = new FakeFactory((_, call) =>
      call === 2 || call === 3 ? Promise.reject(new Error('no')) : Promise.resolve(new FakeAgent()),
    );
    const bench = await makeElasticPool({ factory, size: { min: 1, max: 5 } });
    const held = leases(bench, 3);
    await settle();
    expect(bench.pool.pool('work')?.agents).toMatchObject({ busy: 1, error: 2 });

    const fourth = bench.lease();
    await settle();
    expect(scalings(bench)[1]).toMatchObject({
      from: 3,
      to: 5,
      reasons: ['waiting', 'failing'],
      capacity: 1,
    });
    await bench.pool.close();
    await expect(Promise.all([held, fourth])).rejects.toMatchObject({ code: 'POOL_CLOSED' });
  });
});

describe('a pool that shrinks', () => {
  it('drains what it does not need in one decision, once the load was lower for long enough', async () => {
    const bench = await makeElasticPool();
    const held = await leases(bench, 10);
    releaseAll(held.splice(3));
    expect(bench.clock.timerCount).toBe(1);

    await bench.clock.advance(SHRINK_AFTER_MS - 1);
    expect(sizeOf(bench)).toBe(10);
    await bench.clock.advance(1);
    expect(scalings(bench)[1]).toEqual({
      capability: 'work',
      from: 10,
      to: 3,
      reasons: ['surplus'],
      busy: 3,
      waiting: 0,
      capacity: 10,
    });
    expect(bench.pool.pool('work')).toMatchObject({ size: { current: 3 }, agents: { busy: 3, idle: 0 } });
    expect(bench.factory.alive).toBe(3);

    releaseAll(held);
    await bench.clock.advance(SHRINK_AFTER_MS);
    expect(sizeOf(bench)).toBe(2);
    expect(bench.clock.timerCount).toBe(0);
    await bench.pool.close();
  });

  it('lets busy agents finish when there are no idle ones to spare', async () => {
    const bench = await makeElasticPool({ concurrencyPerAgent: 2, selection: 'round-robin' });
    const held = await leases(bench, 20);
    // Every agent keeps one of its two tasks.
    const agents = new Set<string>();
    const kept = held.filter(({ agentId }) => agents.size < agents.add(agentId).size);
    releaseAll(held.filter((lease) => !kept.includes(lease)));
    await bench.clock.advance(SHRINK_AFTER_MS);

    expect(bench.pool.pool('work')).toMatchObject({ size: { current: 5 }, agents: { draining: 5, busy: 5 } });
    expect(bench.factory.alive).toBe(10);
    releaseAll(kept);
    await settle();
    expect(bench.factory.alive).toBe(5);
    await bench.pool.close();
  });

  it('does not flap under a load that comes and goes', async () => {
    const bench = await makeElasticPool();
    for (let round = 0; round < 50; round++) {
      const held = await leases(bench, round % 2 === 0 ? 10 : 3);
      await bench.clock.advance(SHRINK_AFTER_MS / 3);
      releaseAll(held);
      expect(bench.clock.timerCount).toBeLessThanOrEqual(1);
    }

    expect(scalings(bench)).toHaveLength(1);
    expect(bench.factory.calls).toBe(10);
    await bench.pool.close();
  });

  it('follows a load that falls step by step to its highest within the time', async () => {
    const bench = await makeElasticPool();
    const held = await leases(bench, 10);
    while (held.length > 0) {
      held.pop()?.release(OK);
      await bench.clock.advance(SHRINK_AFTER_MS / 10);
    }
    await bench.clock.advance(SHRINK_AFTER_MS);

    expect(scalings(bench).length).toBeLessThanOrEqual(3);
    expect(sizeOf(bench)).toBe(2);
    expect(bench.clock.timerCount).toBe(0);
    await bench.pool.close();
  });

  it('gives up agents that are not there yet first, and what a burst that was cancelled asked for', async () => {
    const gate = createGate();
    const factory = new FakeFactory(async (signal, call) => {
      if (call > 2)
        await Promise.race([gate.promise, new Promise((_, no) => signal.addEventListener('abort', no))]);
      return new FakeAgent();
    });
    const bench = await makeElasticPool({ factory, createTimeoutMs: SHRINK_AFTER_MS * 2 });
    const cancel = new AbortController();
    setMaxListeners(0, cancel.signal);
    const outcomes = Array.from({ length: 1_000 }, () => bench.lease({ signal: cancel.signal }));
    const settled = Promise.allSettled(outcomes);
    await settle();
    const granted = await Promise.all(outcomes.slice(0, 2));
    cancel.abort(new Error('all of them'));
    const rejected = (await settled).filter(({ status }) => status === 'rejected');
    expect(rejected).toHaveLength(998);
    expect(bench.pool.pool('work')).toMatchObject({
      leases: { active: 2, waiting: 0 },
      agents: { starting: 8 },
    });

    await bench.clock.advance(SHRINK_AFTER_MS);
    expect(bench.pool.pool('work')).toMatchObject({
      size: { current: 2 },
      agents: { busy: 2, starting: 0, draining: 0 },
    });
    expect(factory.signals.filter(({ aborted }) => aborted)).toHaveLength(8);
    releaseAll(granted);
    gate.open();
    await settle();
    expect(bench.clock.timerCount).toBe(0);
    expect(factory.alive).toBe(2);
    await bench.pool.close();
  });

  it('shrinks also when who waited goes because of the abort that freed the last slot', async () => {
    const bench = await makeElasticPool({ size: { min: 1, max: 3 } });
    const held = await leases(bench, 3);
    const cancel = new AbortController();
    cancel.signal.addEventListener('abort', () => held.pop()?.release(OK));
    const waiting = bench.lease({ signal: cancel.signal });

    cancel.abort(new Error('cancelled'));
    await expect(waiting).rejects.toThrow('cancelled');
    await bench.clock.advance(SHRINK_AFTER_MS);

    expect(sizeOf(bench)).toBe(2);
    await bench.pool.close();
  });

  it('sets no timer while it is at its minimum', async () => {
    const bench = await makeElasticPool();
    for (let round = 0; round < 10; round++) releaseAll(await leases(bench, 2));
    expect(bench.clock.timerCount).toBe(0);
    await bench.pool.close();
  });

  it('leaves no timer behind when it closes', async () => {
    const bench = await makeElasticPool();
    releaseAll(await leases(bench, 10));
    expect(bench.clock.timerCount).toBe(1);
    await bench.pool.close();
    expect(bench.clock.timerCount).toBe(0);
  });
});
