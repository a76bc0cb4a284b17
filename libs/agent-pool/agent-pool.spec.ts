import { getEventListeners, setMaxListeners } from 'node:events';
import { Logger } from '@nestjs/common';
import type { AgentContext, AgentTask } from './ports/agent.js';
import { DISPOSE_TIMEOUT_MS } from './dispose-agent.js';
import { FakeAgent, FakeFactory } from './testing/fake-factory.js';
import { createGate } from './testing/gate.js';
import { OK, makePool, makeReadyPool, outcomeOf, settle } from './testing/make-pool.js';

const context: AgentContext = {
  signal: new AbortController().signal,
  idempotencyKey: 'e:s',
  deadline: null,
  traceparent: null,
  progress: () => {},
};

let warned: jest.SpyInstance;
beforeEach(() => {
  warned = jest.spyOn(Logger.prototype, 'warn').mockImplementation();
});
afterEach(() => jest.restoreAllMocks());

describe('AgentPool.add', () => {
  it('refuses a bad definition with every problem', () => {
    const { pool } = makePool();
    const bad = { capability: '', factory: {}, size: { min: 3, max: 2 }, selection: 'best', sizes: 1 };

    expect(() => pool.add(bad as never)).toThrow(
      expect.objectContaining({
        code: 'VALIDATION_FAILED',
        problems: expect.arrayContaining(
          ['capability', 'factory', 'size.max', 'selection', 'sizes'].map((path) =>
            expect.objectContaining({ path }),
          ),
        ),
      }),
    );
    expect(pool.capabilities()).toEqual(['work']);
  });

  it('refuses a second pool of one capability', () => {
    const { pool, factory } = makePool();

    expect(() => pool.add({ capability: 'work', factory })).toThrow(
      expect.objectContaining({ code: 'CAPABILITY_DUPLICATE', details: { capability: 'work' } }),
    );
  });

  it('refuses everything once it is closed', async () => {
    const { pool, factory } = makePool();
    await pool.close();

    expect(() => pool.add({ capability: 'late', factory })).toThrow(
      expect.objectContaining({ code: 'POOL_CLOSED' }),
    );
  });
});

describe('AgentPool.lease', () => {
  it('knows which capabilities there are', async () => {
    const { pool } = makePool();

    expect(pool.has('work')).toBe(true);
    expect(pool.has('play')).toBe(false);
    expect(pool.pool('play')).toBeUndefined();
    await expect(pool.lease('play')).rejects.toMatchObject({ code: 'CAPABILITY_UNKNOWN', retryable: false });
  });

  it('runs a task on the agent it leased', async () => {
    const { pool, lease } = await makeReadyPool();
    const held = await lease();
    const task: AgentTask = { executionId: 'e', stepId: 's', attempt: 1, capability: 'work', input: 3 };

    await expect(held.execute(task, context)).resolves.toEqual({ echo: 3 });
    expect(held).toMatchObject({ agentId: pool.agents()[0]?.agentId, capability: 'work' });
  });

  it('tells what the agents do and how well they did', async () => {
    const { pool, lease } = await makeReadyPool({
      size: { min: 2 },
      concurrencyPerAgent: 2,
      selection: 'round-robin',
    });
    const first = await lease();
    const second = await lease();
    const third = await lease();
    first.release({ ok: true, durationMs: 100 });
    second.release({ ok: false, durationMs: 20 });

    expect(pool.agents()).toMatchObject([
      {
        state: 'busy',
        active: 1,
        concurrency: 2,
        performance: { tasks: 1, failures: 0, successRate: 1, averageLatencyMs: 100 },
      },
      {
        state: 'idle',
        active: 0,
        concurrency: 2,
        performance: { tasks: 1, failures: 1, successRate: 0, averageLatencyMs: 20 },
      },
    ]);
    expect(pool.pools()).toEqual([
      {
        capability: 'work',
        kind: 'fake',
        state: 'running',
        health: 'healthy',
        selection: 'round-robin',
        concurrencyPerAgent: 2,
        size: { min: 2, max: 2, current: 2 },
        lastScaling: null,
        agents: { starting: 0, idle: 1, busy: 1, draining: 0, stopped: 0, error: 0, quarantined: 0 },
        quorum: { required: 0, usable: 2 },
        breaker: 'closed',
        retryAfterMs: null,
        leases: { active: 1, waiting: 0 },
        refusals: { POOL_UNAVAILABLE: 0, TOO_MANY_WAITERS: 0 },
        performance: { tasks: 2, failures: 1, abandoned: 0, averageLatencyMs: 90 },
      },
    ]);
    third.release(OK);
    await pool.close();
  });

  it('shows what an agent says it uses up, as of now, for as long as it is there', async () => {
    let heapUsedBytes = 1;
    const resources = () => ({
      eventLoopUtilization: 0.5,
      heapUsedBytes,
      heapLimitBytes: 10,
      cpuTimeMs: null,
    });
    const factory = new FakeFactory((_signal, call) =>
      Promise.resolve(call === 1 ? Object.assign(new FakeAgent(), { resources }) : new FakeAgent()),
    );
    const { pool } = await makeReadyPool({ size: { min: 2 }, factory });
    heapUsedBytes = 2;
    expect(pool.agents().map((agent) => agent.resources)).toEqual([
      { eventLoopUtilization: 0.5, heapUsedBytes: 2, heapLimitBytes: 10, cpuTimeMs: null },
      null,
    ]);
    await pool.close();
    expect(pool.agents().map((agent) => agent.resources)).toEqual([null, null]);
  });

  it('lets those who come before the agents wait for them', async () => {
    const { pool, lease } = makePool({ size: { min: 2 }, concurrencyPerAgent: 2 });
    const early = [lease(), lease(), lease(), lease(), lease()];
    pool.start();
    await pool.whenProvisioned();

    const outcomes = await Promise.all(early.map(outcomeOf));
    expect(outcomes).toEqual(['fulfilled', 'fulfilled', 'fulfilled', 'fulfilled', 'pending']);
    (await early[0])?.release(OK);
    await expect(early[4]).resolves.toBeDefined();
    await pool.close();
  });

  it('hands a slot on before release returns, highest priority first', async () => {
    const { pool, lease } = await makeReadyPool();
    const held = await lease();
    const order: string[] = [];
    const waiting = [
      { name: 'default', options: {} },
      { name: 'low', options: { priority: 0 } },
      { name: 'high', options: { priority: 10 } },
      { name: 'five', options: { priority: 5 } },
    ].map(async ({ name, options }) => {
      const granted = await lease(options);
      order.push(name);
      granted.release(OK);
    });
    expect(pool.pool('work')?.leases).toEqual({ active: 1, waiting: 4 });

    held.release(OK);

    expect(pool.pool('work')?.leases).toEqual({ active: 1, waiting: 3 });
    await Promise.all(waiting);
    expect(order).toEqual(['high', 'default', 'five', 'low']);
    await pool.close();
  });

  it('does not let a newcomer overtake those who wait', async () => {
    const { pool, lease } = await makeReadyPool();
    const held = await lease();
    const first = lease();
    held.release(OK);
    const second = lease({ priority: 10 });

    expect(await outcomeOf(first)).toBe('fulfilled');
    expect(await outcomeOf(second)).toBe('pending');
    (await first).release(OK);
    await second;
    await pool.close();
  });

  it('refuses more waiters than may wait, and takes one again when one has left', async () => {
    const { pool, lease } = await makeReadyPool({ maxWaiters: 2 });
    await lease();
    const leaving = new AbortController();
    const gone = lease({ signal: leaving.signal });
    const stays = lease();

    await expect(lease()).rejects.toMatchObject({ code: 'TOO_MANY_WAITERS', retryable: true });
    leaving.abort(new Error('gone'));
    await expect(gone).rejects.toThrow('gone');
    const late = lease();
    expect(await outcomeOf(late)).toBe('pending');
    await Promise.all([pool.close(), expect(stays).rejects.toThrow(), expect(late).rejects.toThrow()]);
  });

  it.each([-1, 11, 2.5, NaN])('refuses priority %p', async (priority) => {
    const { lease } = await makeReadyPool();

    await expect(lease({ priority })).rejects.toMatchObject({ problems: [{ path: 'priority' }] });
  });

  it('grants nothing to a signal that is aborted already', async () => {
    const { pool, lease } = await makeReadyPool();
    const reason = new Error('before');

    await expect(lease({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(pool.pool('work')?.leases).toEqual({ active: 0, waiting: 0 });
  });

  it('leaves nothing of a thousand waiters that are cancelled at once', async () => {
    const { pool, clock, lease } = await makeReadyPool();
    const held = await lease();
    const leaving = new AbortController();
    setMaxListeners(0, leaving.signal);
    const reason = new Error('all of you');
    const waiting = Array.from({ length: 1_000 }, (_, n) =>
      lease({ signal: leaving.signal, priority: n % 11 }),
    );
    expect(getEventListeners(leaving.signal, 'abort')).toHaveLength(1_000);

    leaving.abort(reason);

    expect(pool.pool('work')?.leases).toEqual({ active: 1, waiting: 0 });
    expect(getEventListeners(leaving.signal, 'abort')).toHaveLength(0);
    expect(clock.timerCount).toBe(0);
    const outcomes = await Promise.allSettled(waiting);
    expect(outcomes.every((outcome) => outcome.status === 'rejected' && outcome.reason === reason)).toBe(
      true,
    );
    held.release(OK);
    expect(pool.pool('work')).toMatchObject({ agents: { idle: 1 }, leases: { active: 0 } });
  });

  it('gives the slot to the next waiter when an abort leads to a release before the waiter hears of it', async () => {
    const { pool, lease } = await makeReadyPool();
    const held = await lease();
    const leaving = new AbortController();
    leaving.signal.addEventListener('abort', () => held.release(OK));
    const gone = lease({ signal: leaving.signal });
    const next = lease();

    leaving.abort(new Error('gone'));

    await expect(gone).rejects.toThrow('gone');
    await expect(next).resolves.toBeDefined();
    expect(pool.pool('work')?.leases).toEqual({ active: 1, waiting: 0 });
  });

  it('leaves a lease to its holder when the abort comes after the grant', async () => {
    const { pool, lease } = await makeReadyPool();
    const held = await lease();
    const leaving = new AbortController();
    const granted = lease({ signal: leaving.signal });
    held.release(OK);
    leaving.abort(new Error('too late'));

    (await granted).release(OK);
    expect(pool.pool('work')).toMatchObject({ agents: { idle: 1 }, leases: { active: 0, waiting: 0 } });
  });

  it('ends a lease once, however often it is ended', async () => {
    const { pool, factory, lease } = await makeReadyPool({ concurrencyPerAgent: 2 });
    const held = await lease();
    await lease();
    held.release(OK);
    held.release(OK);
    held.abandon({ code: 'TIMEOUT', message: 'stuck', retryable: true });
    await settle();

    expect(pool.pool('work')).toMatchObject({
      leases: { active: 1 },
      performance: { tasks: 1, abandoned: 0 },
    });
    expect(factory.calls).toBe(1);
  });
});

describe('AgentPool.close', () => {
  it('rejects those who wait, grants nothing more and disposes of every agent', async () => {
    const { pool, clock, factory, lease, published } = await makeReadyPool({ size: { min: 3 } });
    const held = await Promise.all([lease(), lease(), lease()]);
    held[0].release(OK);
    await lease();
    const waiting = lease();
    const closed = pool.close();

    await expect(waiting).rejects.toMatchObject({ code: 'POOL_CLOSED' });
    await expect(lease()).rejects.toMatchObject({ code: 'POOL_CLOSED' });
    await closed;
    expect(factory.made.map(({ disposals }) => disposals)).toEqual([1, 1, 1]);
    expect(pool.agents().map(({ state }) => state)).toEqual(['stopped', 'stopped', 'stopped']);
    expect(pool.pool('work')).toMatchObject({ health: 'critical', size: { current: 0 } });
    const stopped = published.filter(({ type }) => type === 'agent.stopped').map(({ data }) => data);
    expect(stopped).toHaveLength(3);
    expect(stopped[0]).toEqual({ agentId: pool.agents()[0]?.agentId, capability: 'work', tasks: 1 });
    expect(clock.timerCount).toBe(0);
  });

  it('bears releases and abandonments that come after it', async () => {
    const { pool, clock, factory, lease } = await makeReadyPool({ size: { min: 2 } });
    const [one, two] = await Promise.all([lease(), lease()]);
    await pool.close();
    one.release(OK);
    two.abandon({ code: 'TIMEOUT', message: 'stuck', retryable: true });
    await clock.advance(100_000);

    expect(factory.calls).toBe(2);
    expect(factory.made.map(({ disposals }) => disposals)).toEqual([1, 1]);
    expect(pool.pool('work')?.leases).toEqual({ active: 0, waiting: 0 });
  });

  it('disposes of all agents at once and waits for each one for a bounded time', async () => {
    const factory = new FakeFactory(() => Promise.resolve(new FakeAgent(() => new Promise(() => {}))));
    const { pool, clock } = await makeReadyPool({ factory, size: { min: 20 } });
    const closed = pool.close();
    expect(factory.alive).toBe(0);

    await clock.advance(DISPOSE_TIMEOUT_MS - 1);
    expect(await outcomeOf(closed)).toBe('pending');
    await clock.advance(1);
    expect(await outcomeOf(closed)).toBe('fulfilled');
    expect(clock.timerCount).toBe(0);
  });

  it('is not disturbed by a disposal that fails', async () => {
    const failing = [() => Promise.reject(new Error('no')), () => { throw new Error('at once'); }]; // prettier-ignore
    const factory = new FakeFactory((_, call) => Promise.resolve(new FakeAgent(failing[call - 1])));
    const { pool } = await makeReadyPool({ factory, size: { min: 3 } });

    await expect(pool.close()).resolves.toBeUndefined();
    expect(pool.pool('work')).toMatchObject({ agents: { stopped: 3 } });
    expect(warned).toHaveBeenCalledTimes(2);
    expect(warned).toHaveBeenCalledWith('disposing of an agent of "work" failed: no');
    expect(warned).toHaveBeenCalledWith('disposing of an agent of "work" failed: at once');
  });

  it('closes once: a second call waits for the first', async () => {
    const disposal = createGate();
    const factory = new FakeFactory(() => Promise.resolve(new FakeAgent(() => disposal.promise)));
    const { pool } = await makeReadyPool({ factory });
    const first = pool.close();
    const second = pool.close();
    expect(await outcomeOf(second)).toBe('pending');
    disposal.open();
    await Promise.all([first, second]);

    expect(factory.made[0]?.disposals).toBe(1);
  });

  it('races with releases and aborts without losing anybody', async () => {
    const { pool, lease } = await makeReadyPool();
    const held = await lease();
    const leaving = new AbortController();
    const granted = lease();
    const aborted = lease({ signal: leaving.signal });
    const closedOut = lease();

    held.release(OK);
    leaving.abort(new Error('gone'));
    const closed = pool.close();

    await expect(granted).resolves.toBeDefined();
    await expect(aborted).rejects.toThrow('gone');
    await expect(closedOut).rejects.toMatchObject({ code: 'POOL_CLOSED' });
    await closed;
    expect(getEventListeners(leaving.signal, 'abort')).toHaveLength(0);
  });
});
