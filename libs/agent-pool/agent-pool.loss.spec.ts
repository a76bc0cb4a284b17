import { AgentGoneError, AgentLostError } from './ports/agent-lost.errors.js';
import { FakeAgent, FakeFactory } from './testing/fake-factory.js';
import { createGate } from './testing/gate.js';
import { OK, STUCK, makePool, makeReadyPool, outcomeOf, settle, type Bench } from './testing/make-pool.js';
import { context, task } from './testing/make-task.js';

const gone = { ok: false, durationMs: 1, error: new AgentGoneError('its process ended') };
const eventsOf = ({ published }: Bench, type: string): unknown[] =>
  published.filter((event) => event.type === type).map(({ data }) => data);

beforeEach(() => void jest.spyOn(Math, 'random').mockReturnValue(0.5));
afterEach(() => jest.restoreAllMocks());

describe('an agent that says that it is gone', () => {
  it('is replaced, and its other tasks are told at once, each once', async () => {
    const bench = await makeReadyPool({ concurrencyPerAgent: 3 });
    const [one, two, three] = await Promise.all([bench.lease(), bench.lease(), bench.lease()]);
    const told: AgentLostError[] = [];
    await two.execute(task, context, (error) => told.push(error));
    one.release(gone);

    expect(told).toHaveLength(1);
    expect(told[0]).toBeInstanceOf(AgentLostError);
    expect(told[0]).toMatchObject({ code: 'AGENT_LOST', retryable: true, details: { agentId: one.agentId } });
    // Granted, and lost before its task began.
    await expect(three.execute(task, context)).rejects.toBe(told[0]);

    two.release(OK);
    three.abandon(STUCK);
    one.release(gone);
    await settle();
    expect(bench.factory.made.map(({ disposals }) => disposals)).toEqual([1]);
    expect(bench.pool.pool('work')).toMatchObject({
      agents: { error: 1 },
      leases: { active: 0 },
      performance: { tasks: 3, failures: 3, abandoned: 0 },
    });
    expect(eventsOf(bench, 'agent.failed')).toEqual([
      {
        agentId: one.agentId,
        capability: 'work',
        reason: 'lost',
        error: { code: 'AGENT_LOST', message: 'its process ended', retryable: true },
        retryInMs: 250,
      },
    ]);
    await bench.clock.advance(250);
    expect(bench.pool.pool('work')).toMatchObject({ health: 'healthy', agents: { idle: 1 } });
    await bench.pool.close();
    expect(bench.clock.timerCount).toBe(0);
  });

  it('gives its slot to nobody; who waits is served by the replacement', async () => {
    const bench = await makeReadyPool();
    const held = await bench.lease();
    const waiting = bench.lease();
    held.release(gone);
    expect(await outcomeOf(waiting)).toBe('pending');
    await bench.clock.advance(250);
    expect((await waiting).agentId).not.toBe(held.agentId);
    await bench.pool.close();
  });

  it('does not take a task that its neighbour is told of the loss of', async () => {
    const bench = await makeReadyPool({ concurrencyPerAgent: 2, size: { min: 2 } });
    const all = await Promise.all([bench.lease(), bench.lease(), bench.lease(), bench.lease()]);
    const [one, other] = all.filter(({ agentId }) => agentId === all[0].agentId) as [
      (typeof all)[0],
      (typeof all)[0],
    ];
    let next: Promise<{ agentId: string }> | undefined;
    void other.execute(task, context, () => {
      next = bench.lease();
    });
    one.release(gone);
    all.find(({ agentId }) => agentId !== one.agentId)?.release(OK);
    expect((await next)?.agentId).not.toBe(one.agentId);
    await bench.pool.close();
  });

  it('is not replaced when it leaves already, nor after the close', async () => {
    const bench = await makeReadyPool({ concurrencyPerAgent: 2, size: { min: 2 } });
    const all = await Promise.all([bench.lease(), bench.lease(), bench.lease(), bench.lease()]);
    const [stuck, going] = all.filter(({ agentId }) => agentId === all[0].agentId);
    const [late] = all.filter(({ agentId }) => agentId !== all[0].agentId);
    stuck?.abandon(STUCK);
    going?.release(gone);
    await settle();
    expect(bench.factory.made.map(({ disposals }) => disposals)).toEqual([1, 0, 0]);

    await bench.pool.close();
    late?.release(gone);
    await bench.clock.advance(1_000_000);
    expect(bench.factory.made.map(({ disposals }) => disposals)).toEqual([1, 1, 1]);
    expect(eventsOf(bench, 'agent.failed')).toHaveLength(1);
    expect(bench.clock.timerCount).toBe(0);
  });

  it('is disposed of once when the pool closes as its disposal is under way', async () => {
    const disposal = createGate();
    const factory = new FakeFactory(() => Promise.resolve(new FakeAgent(() => disposal.promise)));
    const bench = await makeReadyPool({ factory });
    (await bench.lease()).release(gone);
    const closed = bench.pool.close();
    expect(await outcomeOf(closed)).toBe('pending');
    disposal.open();
    await closed;
    expect(factory.made.map(({ disposals }) => disposals)).toEqual([1]);
    expect(bench.clock.timerCount).toBe(0);
  });
});

describe('a flapping agent', () => {
  const restart = { maxRestarts: 2, windowMs: 100_000, quarantineMs: 10_000 };

  async function lose({ lease, clock }: Bench, waitMs: number): Promise<void> {
    (await lease()).release(gone);
    await clock.advance(waitMs);
  }

  it('comes back later and later, and is quarantined in the end; its pool is degraded', async () => {
    const bench = await makeReadyPool({ restart, size: { min: 1 } });
    await lose(bench, 250);
    await lose(bench, 500);
    await lose(bench, 0);

    const [agent] = bench.pool.agents();
    const untilMs = bench.clock.now() + 11_250; // an eighth more, by the chance of the test
    expect(agent).toMatchObject({
      state: 'quarantined',
      error: { code: 'AGENT_LOST', message: 'its process ended' },
      health: { restarts: 3, quarantinedUntil: new Date(untilMs).toISOString() },
    });
    expect(bench.pool.pool('work')).toMatchObject({ health: 'critical', agents: { quarantined: 1 } });
    expect(eventsOf(bench, 'agent.failed')).toMatchObject([
      { retryInMs: 250 },
      { retryInMs: 500 },
      { retryInMs: 11_250 },
    ]);
    expect(eventsOf(bench, 'agent.quarantined')).toEqual([
      { agentId: agent?.agentId, capability: 'work', error: agent?.error, retryInMs: 11_250 },
    ]);

    await bench.clock.advance(11_249);
    expect(bench.factory.calls).toBe(3);
    await bench.clock.advance(1);
    expect(bench.pool.agents()).toMatchObject([{ state: 'idle', health: { quarantinedUntil: null } }]);
    expect(bench.pool.pool('work')?.health).toBe('healthy');

    // It is on probation: the window has not passed.
    await lose(bench, 0);
    expect(bench.pool.agents()).toMatchObject([{ state: 'quarantined' }]);
    await bench.pool.close();
    expect(bench.clock.timerCount).toBe(0);
  });

  it('degrades its pool, though the others are as many as there must be', async () => {
    const bench = await makeReadyPool({ restart: { ...restart, maxRestarts: 0 }, size: { min: 3 } });
    (await bench.lease()).release(gone);
    expect(bench.pool.pool('work')).toMatchObject({
      health: 'degraded',
      agents: { idle: 2, quarantined: 1 },
    });
    await bench.pool.close();
  });

  it('is forgiven what lies further back than the window', async () => {
    const bench = await makeReadyPool({ restart });
    for (let loss = 0; loss < 10; loss++) await lose(bench, 50_001);
    expect(eventsOf(bench, 'agent.quarantined')).toEqual([]);
    expect(bench.pool.agents()).toMatchObject([{ state: 'idle', health: { restarts: 10 } }]);
    await bench.pool.close();
  });

  it('does not concern the agents of other places', async () => {
    const bench = await makeReadyPool({ restart, size: { min: 4 }, selection: 'round-robin' });
    for (let place = 0; place < 4; place++) {
      (await bench.lease()).release(gone);
    }
    await bench.clock.advance(250);
    expect(eventsOf(bench, 'agent.quarantined')).toEqual([]);
    expect(bench.pool.agents()).toMatchObject(Array(4).fill({ state: 'idle', health: { restarts: 1 } }));
    await bench.pool.close();
  });
});

describe('creates that fail', () => {
  it('a thousand times are tried ever more slowly, in quarantine, with nothing left behind', async () => {
    const factory = new FakeFactory(() => Promise.reject(new Error('no')));
    const bench = await makeReadyPool({ factory, size: { min: 1 } });
    while (factory.calls < 1_000) await bench.clock.advance(1_000_000);

    const failed = eventsOf(bench, 'agent.failed') as { retryInMs: number }[];
    expect(failed.slice(0, 8).map(({ retryInMs }) => retryInMs)).toEqual([
      250, 500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000,
    ]);
    expect(new Set(failed.slice(20).map(({ retryInMs }) => retryInMs))).toEqual(new Set([67_500]));
    expect(eventsOf(bench, 'agent.quarantined')).toHaveLength(failed.length - 20);
    expect(bench.pool.agents()).toMatchObject([
      { state: 'quarantined', error: { code: 'AGENT_CREATE_FAILED', message: 'no' } },
    ]);
    expect(bench.pool.pool('work')).toMatchObject({ health: 'critical', size: { current: 1 } });
    expect(bench.clock.timerCount).toBe(1); // of the next try
    await bench.pool.close();
    expect(bench.clock.timerCount).toBe(0);
    expect(factory.signals.filter(({ aborted }) => aborted)).toEqual([]);
  });

  it('after a quarantine lead back to it at once', async () => {
    const factory = new FakeFactory((_, call) =>
      call === 1 ? Promise.resolve(new FakeAgent()) : Promise.reject(new Error('no')),
    );
    const bench = await makeReadyPool({ factory, restart: { maxRestarts: 0, quarantineMs: 10_000 } });
    (await bench.lease()).release(gone);
    await bench.clock.advance(11_250);
    expect(factory.calls).toBe(2);
    expect(bench.pool.agents()).toMatchObject([{ state: 'quarantined', error: { message: 'no' } }]);
    await bench.pool.close();
  });

  it('of agents that never become ready are given up in time, and tell of it', async () => {
    const factory = new FakeFactory(() => new Promise(() => undefined));
    const bench = makePool({ factory, createTimeoutMs: 500 });
    bench.pool.start();
    await bench.clock.advance(500);
    expect(eventsOf(bench, 'agent.failed')).toMatchObject([
      {
        reason: 'create',
        error: { code: 'TIMEOUT', message: 'creating an agent of "work" timed out after 500 ms' },
      },
    ]);
    expect(bench.pool.pool('work')?.health).toBe('critical');
    const closed = bench.pool.close();
    await bench.clock.advance(10_000);
    await closed;
    expect(bench.clock.timerCount).toBe(0);
  });
});
