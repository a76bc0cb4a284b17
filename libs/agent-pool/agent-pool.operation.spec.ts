import type { Lease } from './lease.js';
import { FakeFactory } from './testing/fake-factory.js';
import { OK, makePool, makeReadyPool, outcomeOf, settle } from './testing/make-pool.js';

describe('AgentPool.drain', () => {
  it('lets tasks finish and has who asks wait until it is resumed', async () => {
    const { pool, lease, published } = await makeReadyPool({ size: { min: 2 } });
    const held = await lease();
    published.length = 0;

    expect(pool.drain('work')).toMatchObject({ state: 'draining', health: 'healthy', leases: { active: 1 } });
    const waiting = [lease(), lease(), lease()];
    held.release(OK);
    expect(await outcomeOf(Promise.race(waiting))).toBe('pending');
    expect(pool.pool('work')).toMatchObject({
      state: 'drained',
      agents: { idle: 2 },
      leases: { active: 0, waiting: 3 },
    });

    expect(pool.resume('work')).toMatchObject({ state: 'running', leases: { active: 2, waiting: 1 } });
    (await waiting[0])!.release(OK);
    await Promise.all(waiting);
    expect(published).toEqual([
      { type: 'pool.draining', data: { capability: 'work', busy: 1, waiting: 0 } },
      { type: 'pool.resumed', data: { capability: 'work', waiting: 3 } },
    ]);
    await pool.close();
  });

  it('may be asked for twice, and so may its end', async () => {
    const { pool, published } = await makeReadyPool();
    published.length = 0;
    pool.drain('work');
    expect(pool.drain('work').state).toBe('drained');
    pool.resume('work');
    expect(pool.resume('work').state).toBe('running');

    expect(published.map(({ type }) => type)).toEqual(['pool.draining', 'pool.resumed']);
    await pool.close();
  });

  it('keeps who waits in order, and lets them cancel', async () => {
    const { pool, lease } = await makeReadyPool();
    pool.drain('work');
    const cancel = new AbortController();
    const served: string[] = [];
    const asked = (name: string, priority: number, signal?: AbortSignal): Promise<void> =>
      lease({ priority, signal }).then((held) => {
        served.push(name);
        held.release(OK);
      });
    const all = [asked('low', 1), asked('gone', 9, cancel.signal), asked('high', 9)];
    cancel.abort(new Error('never mind'));
    pool.resume('work');

    await expect(Promise.allSettled(all)).resolves.toHaveLength(3);
    expect(served).toEqual(['high', 'low']);
    await pool.close();
  });

  it('makes no agents for those who wait, until it is resumed', async () => {
    const bench = await makeReadyPool({ size: { min: 1, max: 4 }, scaling: { targetUtilization: 1 } });
    bench.pool.drain('work');
    const waiting = Array.from({ length: 4 }, () => bench.lease());
    await settle();
    expect(bench.factory.calls).toBe(1);

    bench.pool.resume('work');
    await Promise.all(waiting);
    expect(bench.factory.calls).toBe(4);
    await bench.pool.close();
  });

  it('can be told before the agents are made', async () => {
    const { pool, lease, factory } = makePool({ size: { min: 1, max: 4 } });
    pool.drain('work');
    const waiting = lease();
    pool.start();
    await settle();
    expect(await outcomeOf(waiting)).toBe('pending');
    expect(factory.calls).toBe(1);
    pool.resume('work');
    await waiting;
    await pool.close();
  });

  it('rejects who waits when the pool closes', async () => {
    const { pool, lease } = await makeReadyPool();
    pool.drain('work');
    const waiting = lease();
    await pool.close();
    await expect(waiting).rejects.toMatchObject({ code: 'POOL_CLOSED' });
  });
});

describe('AgentPool.resize', () => {
  it('adds what is missing and drains what is too much at once', async () => {
    const bench = await makeReadyPool({ size: { min: 2, max: 4 } });
    bench.published.length = 0;

    expect(bench.pool.resize('work', { min: 6, max: 8 })).toMatchObject({
      size: { min: 6, max: 8, current: 6 },
      agents: { idle: 2, starting: 4 },
    });
    expect(bench.pool.resize('work', { min: 1, max: 3 })).toMatchObject({
      size: { min: 1, max: 3, current: 3 },
      lastScaling: { from: 6, to: 3, reasons: ['resized'] },
    });
    expect(bench.published.filter(({ type }) => type === 'pool.scaled')).toMatchObject([
      { data: { from: 2, to: 6, reasons: ['resized'], busy: 0, waiting: 0, capacity: 2 } },
      { data: { from: 6, to: 3, reasons: ['resized'] } },
    ]);
    await settle();
    expect(bench.factory.alive).toBe(3);
    await bench.pool.close();
  });

  it('loses no task under load: busy agents finish', async () => {
    const bench = await makeReadyPool({ size: { min: 8 }, concurrencyPerAgent: 2 });
    const held = await Promise.all(Array.from({ length: 16 }, () => bench.lease()));
    const waiting = Array.from({ length: 30 }, () => bench.lease());
    bench.pool.resize('work', { min: 1, max: 1 });

    expect(bench.pool.pool('work')).toMatchObject({
      size: { current: 1 },
      agents: { busy: 1, draining: 7 },
      leases: { active: 16, waiting: 30 },
    });
    expect(bench.factory.alive).toBe(8);
    const done: Lease[] = [];
    for (const lease of held) lease.release(OK);
    for (const lease of waiting) {
      done.push(await lease);
      done.at(-1)?.release(OK);
    }
    await settle();
    expect(new Set(done.map(({ agentId }) => agentId)).size).toBe(1);
    expect(bench.factory.made.map(({ disposals }) => disposals).sort()).toEqual([0, 1, 1, 1, 1, 1, 1, 1]);
    expect(bench.pool.pool('work')).toMatchObject({ performance: { tasks: 46, failures: 0 } });
    await bench.pool.close();
  });

  it('answers a load that waits already when there may be more', async () => {
    const bench = await makeReadyPool({ scaling: { targetUtilization: 1 } });
    const waiting = Array.from({ length: 5 }, () => bench.lease());
    await settle();
    bench.pool.resize('work', { max: 9 });

    await Promise.all(waiting);
    expect(bench.pool.pool('work')?.size).toEqual({ min: 1, max: 9, current: 5 });
    await bench.pool.close();
  });

  it('follows a lower minimum when the load was lower for long enough', async () => {
    const bench = await makeReadyPool({ size: { min: 5, max: 6 }, scaling: { shrinkAfterMs: 1_000 } });
    bench.pool.resize('work', { min: 1 });
    expect(bench.pool.pool('work')?.size.current).toBe(5);
    await bench.clock.advance(1_000);
    expect(bench.pool.pool('work')?.size.current).toBe(1);
    expect(bench.clock.timerCount).toBe(0);
    await bench.pool.close();
  });

  it('holds for a pool that has not begun', async () => {
    const { pool, factory } = makePool();
    pool.resize('work', { min: 3, max: 3 });
    expect(factory.calls).toBe(0);
    pool.start();
    expect(factory.calls).toBe(3);
    await pool.close();
  });

  it.each([
    [{ min: 5 }, ['max']],
    [{ max: 1 }, ['max']],
    [{ min: 0, max: 1_001 }, ['min', 'max']],
    [{ min: 1.5 }, ['min']],
    [{ size: 3, max: 3 }, ['size']],
    [{}, ['']],
  ])('refuses %j of a pool of 2 to 4 with every problem, and changes nothing', async (change, paths) => {
    const { pool, published } = await makeReadyPool({ size: { min: 2, max: 4 } });
    published.length = 0;

    let problems: { path: string }[] = [];
    try {
      pool.resize('work', change);
    } catch (error) {
      expect(error).toMatchObject({ code: 'VALIDATION_FAILED' });
      ({ problems } = error as { problems: { path: string }[] });
    }
    expect(problems.map(({ path }) => path)).toEqual(paths);
    expect(pool.pool('work')?.size).toEqual({ min: 2, max: 4, current: 2 });
    expect(published).toEqual([]);
    await pool.close();
  });
});

describe.each(['drain', 'resume', 'resize'] as const)('AgentPool.%s', (method) => {
  it('knows the capabilities that there are, until it is closed', async () => {
    const { pool } = await makeReadyPool({ factory: new FakeFactory() });
    expect(() => pool[method]('play', { min: 1 })).toThrow(
      expect.objectContaining({ code: 'CAPABILITY_UNKNOWN', details: { capability: 'play' } }),
    );
    await pool.close();
    expect(() => pool[method]('work', { min: 1 })).toThrow(expect.objectContaining({ code: 'POOL_CLOSED' }));
  });
});
