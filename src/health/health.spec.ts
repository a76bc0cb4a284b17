import { Test } from '@nestjs/testing';
import { HealthIndicatorService, TerminusModule } from '@nestjs/terminus';
import { AgentPool, type AgentState, type PoolHealth, type PoolSnapshot, type PoolState } from '#agent-pool';
import { untilAborted } from '#core';
import type { DispatcherStatus, WorkflowDispatcher } from '#dispatch';
import type { QueueDriver } from '#queue';
import type { StateStore } from '#state';
import { Readiness } from '../lifecycle/readiness.js';
import { BackendHealth } from './backend.health.js';
import { DispatchHealth } from './dispatch.health.js';
import { PoolsHealth } from './pools.health.js';
import { ReadinessHealth } from './readiness.health.js';

/** All that the indicators read of a pool. */
function makeSnapshot(
  capability: string,
  health: PoolHealth,
  { abandoned = 0, quorum = { required: 0, usable: 1 } } = {},
): PoolSnapshot {
  const agents: Record<AgentState, number> = {
    starting: 0,
    idle: 1,
    busy: 0,
    draining: 0,
    stopped: 0,
    error: 0,
    quarantined: 0,
  };
  return {
    capability,
    kind: 'function',
    state: 'running',
    health,
    selection: 'least-loaded',
    concurrencyPerAgent: 1,
    size: { min: 1, max: 1, current: 1 },
    lastScaling: null,
    agents,
    quorum,
    breaker: null,
    retryAfterMs: null,
    leases: { active: 0, waiting: 0 },
    refusals: { POOL_UNAVAILABLE: 0, TOO_MANY_WAITERS: 0 },
    performance: { tasks: 0, failures: 0, abandoned, averageLatencyMs: null },
  };
}

/** What it says of all of them together is its own. */
const poolOf = (...pools: PoolSnapshot[]) =>
  Object.create(AgentPool.prototype, { pools: { value: () => pools } }) as AgentPool;

describe('the health of', () => {
  let indicators: HealthIndicatorService;

  beforeAll(async () => {
    const module = await Test.createTestingModule({ imports: [TerminusModule] }).compile();
    indicators = module.get(HealthIndicatorService, { strict: false });
  });

  describe.each(['queue', 'state'] as const)('the %s', (name) => {
    const healthOf = async (ping: QueueDriver['ping'], durable = false) => {
      const other = { ping: () => Promise.resolve(), durable: !durable };
      const [queue, state] = name === 'queue' ? [{ ping, durable }, other] : [other, { ping, durable }];
      const backends = new BackendHealth(indicators, queue as QueueDriver, state as StateStore);
      return name === 'queue' ? backends.checkQueue() : backends.checkState();
    };

    it.each([true, false])(
      'is up when its backend answers, and says whether it keeps jobs: %s',
      async (durable) => {
        await expect(healthOf(() => Promise.resolve(), durable)).resolves.toMatchObject({
          [name]: { status: 'up', durable },
        });
      },
    );

    it('is down when its backend fails', async () => {
      const health = await healthOf(() => Promise.reject(new Error('connection refused')));
      expect(health[name]?.status).toBe('down');
    });

    it.each([
      ['and asks it to stop', (signal: AbortSignal) => untilAborted(new Promise<void>(() => {}), signal)],
      ['also when it ignores that', () => new Promise<void>(() => {})],
    ])('is down when its backend does not answer within 1 s, %s', async (_, ping) => {
      // Fake timers do not reach AbortSignal.timeout, which is what measures here.
      const second = new AbortController();
      const timeout = jest.spyOn(AbortSignal, 'timeout').mockReturnValue(second.signal);
      const pinged = jest.fn(ping);
      const settled = jest.fn();
      const health = healthOf(pinged);
      void health.then(settled);
      await new Promise((resolve) => setImmediate(resolve));
      const [signal] = pinged.mock.lastCall!;
      expect(timeout.mock.calls).toEqual([[1_000]]);
      expect(settled).not.toHaveBeenCalled();
      expect(signal.aborted).toBe(false);
      second.abort(new DOMException('too slow', 'TimeoutError'));
      expect((await health)[name]?.status).toBe('down');
      expect(signal.aborted).toBe(true);
      timeout.mockRestore();
    });
  });

  describe('the pools', () => {
    const healthOf = (...pools: PoolSnapshot[]) =>
      new PoolsHealth(indicators, poolOf(...pools)).check().pools!;

    it('is up when all are healthy, and when there are none', () => {
      expect(healthOf().status).toBe('up');
      expect(healthOf(makeSnapshot('a', 'healthy'), makeSnapshot('b', 'healthy')).status).toBe('up');
    });

    it.each<PoolHealth>(['degraded', 'critical'])(
      'is degraded, not down, when one of them is %s: others still work',
      (health) => {
        expect(healthOf(makeSnapshot('a', 'healthy'), makeSnapshot('b', health))).toMatchObject({
          status: 'degraded',
          details: { a: { health: 'healthy' }, b: { health } },
        });
      },
    );

    it.each<PoolState>(['draining', 'drained'])('is degraded when one of them is %s', (state) => {
      const drained = { ...makeSnapshot('a', 'healthy'), state };
      expect(healthOf(drained)).toMatchObject({ status: 'degraded', details: { a: { state } } });
    });

    it('tells how each is, and its abandoned tasks', () => {
      expect(healthOf(makeSnapshot('a', 'healthy', { abandoned: 3 })).details).toEqual({
        a: {
          state: 'running',
          health: 'healthy',
          agents: expect.objectContaining({ idle: 1, busy: 0 }),
          quorum: { required: 0, usable: 1 },
          breaker: null,
          retryAfterMs: null,
          tasksAbandoned: 3,
        },
      });
    });

    it('is down when one of them lacks its quorum, and names that one with its figures', () => {
      const pools = [
        makeSnapshot('a', 'healthy', { quorum: { required: 1, usable: 1 } }),
        makeSnapshot('b', 'degraded', { quorum: { required: 2, usable: 1 } }),
        makeSnapshot('c', 'critical', { quorum: { required: 0, usable: 0 } }),
      ];
      expect(healthOf(...pools).status).toBe('down');
      expect(new PoolsHealth(indicators, poolOf(...pools)).checkQuorum().pools).toEqual({
        status: 'down',
        details: { b: { required: 2, usable: 1, agents: expect.objectContaining({ idle: 1 }) } },
      });
      const others = new PoolsHealth(indicators, poolOf(pools[0]!, pools[2]!));
      expect(others.checkQuorum().pools).toEqual({ status: 'up' });
    });
  });

  it('the dispatcher is what it says of itself, with the abandoned tasks of all pools', async () => {
    const status: DispatcherStatus = { accepting: false, running: 2, waiting: 3 };
    const dispatcher = { status: () => Promise.resolve(status) } as WorkflowDispatcher;
    const pool = poolOf(
      makeSnapshot('a', 'healthy', { abandoned: 1 }),
      makeSnapshot('b', 'critical', { abandoned: 4 }),
    );
    await expect(new DispatchHealth(indicators, dispatcher, pool).check()).resolves.toMatchObject({
      dispatch: { status: 'up', ...status, tasksAbandoned: 5 },
    });
  });

  it('the service follows its lifecycle: ready in the middle only, started from then on', () => {
    const readiness = new Readiness();
    const health = new ReadinessHealth(indicators, readiness);
    const states = () => [health.check().service, health.checkStarted().service];
    expect(states()).toEqual([
      { status: 'down', state: 'starting' },
      { status: 'down', state: 'starting' },
    ]);
    readiness.started();
    expect(states()).toEqual([
      { status: 'up', state: 'ready' },
      { status: 'up', state: 'ready' },
    ]);
    readiness.draining();
    expect(states()).toEqual([
      { status: 'down', state: 'draining' },
      { status: 'up', state: 'draining' },
    ]);
  });
});
