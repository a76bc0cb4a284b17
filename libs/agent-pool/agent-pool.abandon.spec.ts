import { FakeAgent, FakeFactory } from './testing/fake-factory.js';
import { createGate } from './testing/gate.js';
import { OK, STUCK, makeReadyPool, outcomeOf, settle } from './testing/make-pool.js';

describe('Lease.abandon', () => {
  it('replaces the agent, disposes of it and tells of both', async () => {
    const { pool, factory, lease, published } = await makeReadyPool();
    const held = await lease();
    published.length = 0;

    held.abandon(STUCK);
    await settle();

    const { agentId } = held;
    const [replacement] = pool.agents();
    expect(factory.made.map(({ disposals }) => disposals)).toEqual([1, 0]);
    expect(pool.agents()).toHaveLength(1);
    expect(replacement).toMatchObject({ state: 'idle' });
    expect(replacement?.agentId).not.toBe(agentId);
    expect(pool.pool('work')?.performance).toMatchObject({ tasks: 1, failures: 1, abandoned: 1 });
    expect(published[0]).toEqual({
      type: 'agent.failed',
      data: { agentId, capability: 'work', reason: 'abandoned', error: STUCK, retryInMs: 0 },
    });
    expect(published).toContainEqual({
      type: 'agent.stopped',
      data: { agentId, capability: 'work', tasks: 1 },
    });
    expect(published.filter(({ type }) => type === 'agent.started')).toHaveLength(1);
    expect(published.filter(({ type }) => type === 'agent.recovered')).toHaveLength(0);
    await pool.close();
  });

  it('serves who waits with the replacement, not with the slot that was given up', async () => {
    const second = createGate<FakeAgent>();
    const factory = new FakeFactory((_, call) =>
      call === 1 ? Promise.resolve(new FakeAgent()) : second.promise,
    );
    const { pool, lease } = await makeReadyPool({ factory });
    const held = await lease();
    const waiting = lease();

    held.abandon(STUCK);
    expect(await outcomeOf(waiting)).toBe('pending');
    expect(pool.pool('work')).toMatchObject({
      health: 'critical',
      agents: { starting: 1 },
      size: { current: 1 },
    });

    second.open(new FakeAgent());
    expect((await waiting).agentId).not.toBe(held.agentId);
    await pool.close();
  });

  it('lets other tasks of the agent finish, but gives it none, and disposes of it after the last', async () => {
    const { pool, factory, lease, published } = await makeReadyPool({ concurrencyPerAgent: 3 });
    const [stuck, going, last] = await Promise.all([lease(), lease(), lease()]);

    stuck.abandon(STUCK);
    going.release(OK);
    await settle();
    expect(factory.made[0]?.disposals).toBe(0);
    expect(pool.pool('work')).toMatchObject({
      agents: { draining: 1, idle: 1 },
      size: { current: 1 },
      leases: { active: 1 },
    });
    expect((await lease()).agentId).not.toBe(stuck.agentId);

    last.release(OK);
    await settle();
    expect(factory.made[0]?.disposals).toBe(1);
    expect(pool.agents()).toMatchObject([{ state: 'busy' }]);
    expect(published.filter(({ type }) => type === 'agent.failed')).toHaveLength(1);
    await pool.close();
  });

  it('does not serve who waits with the slots of an agent that was given up', async () => {
    const factory = new FakeFactory((_, call) =>
      call === 1 ? Promise.resolve(new FakeAgent()) : new Promise(() => {}),
    );
    const { lease } = await makeReadyPool({ factory, concurrencyPerAgent: 3 });
    const [stuck, going] = await Promise.all([lease(), lease(), lease()]);
    const waiting = lease();

    stuck.abandon(STUCK);
    going.release(OK);

    expect(await outcomeOf(waiting)).toBe('pending');
  });

  it('counts every abandonment, and replaces an agent once', async () => {
    const { pool, factory, lease } = await makeReadyPool({ concurrencyPerAgent: 2 });
    const [one, two] = await Promise.all([lease(), lease()]);

    one.abandon(STUCK);
    two.abandon(STUCK);
    await settle();

    expect(pool.pool('work')).toMatchObject({
      agents: { idle: 1, draining: 0 },
      performance: { abandoned: 2 },
    });
    expect(pool.abandonedTasks).toBe(2);
    expect(factory.made.map(({ disposals }) => disposals)).toEqual([1, 0]);
    await pool.close();
  });

  it('disposes of an abandoned agent with tasks under way at close, once', async () => {
    const { pool, factory, lease } = await makeReadyPool({ concurrencyPerAgent: 2 });
    const [stuck, going] = await Promise.all([lease(), lease()]);
    stuck.abandon(STUCK);
    await settle();
    await pool.close();
    going.release(OK);
    await settle();

    expect(factory.made.map(({ disposals }) => disposals)).toEqual([1, 1]);
    expect(pool.agents()).toMatchObject([{ state: 'stopped' }]);
  });

  it('waits at close for a disposal that is under way', async () => {
    const disposal = createGate();
    const factory = new FakeFactory((_, call) =>
      Promise.resolve(new FakeAgent(call === 1 ? () => disposal.promise : undefined)),
    );
    const { pool, clock, lease } = await makeReadyPool({ factory });
    (await lease()).abandon(STUCK);
    await settle();
    const closed = pool.close();

    expect(await outcomeOf(closed)).toBe('pending');
    disposal.open();
    await closed;
    expect(clock.timerCount).toBe(0);
  });

  it('keeps the turns of the others', async () => {
    const { pool, lease } = await makeReadyPool({ size: { min: 3 }, selection: 'round-robin' });
    const [a, b, c] = pool.agents().map(({ agentId }) => agentId);
    (await lease()).release(OK);
    (await lease()).abandon(STUCK);
    await settle();

    const turns: string[] = [];
    for (let turn = 0; turn < 3; turn++) {
      const held = await lease();
      turns.push(held.agentId);
      held.release(OK);
    }

    expect(turns).toEqual([c, a, pool.agents()[1]?.agentId]);
    expect(turns).not.toContain(b);
    await pool.close();
  });
});
