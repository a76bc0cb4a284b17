import { ManualClock } from '#core';
import { BLOCKED_LOOP_MS } from './health/health-prober.js';
import { AgentGoneError } from './ports/agent-lost.errors.js';
import { FakeAgent, FakeFactory, type Ping } from './testing/fake-factory.js';
import { OK, makePool, makeReadyPool, settle, type Bench, type BenchOptions } from './testing/make-pool.js';

const INTERVAL_MS = 1_000;
const TIMEOUT_MS = 300;

/** What every agent of the pool answers; `call` is 1 for the first agent that was made. */
type Answer = (call: number, ...args: Parameters<Ping>) => Promise<void>;

const well: Answer = () => Promise.resolve();
const ill: Answer = () => Promise.reject(new Error('not well'));
/** Hangs until it is aborted, as an honest one does. */
const mute: Answer = (_call, signal) =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
/** Never settles. */
const deaf: Answer = () => new Promise(() => undefined);

function pinged(answer: Answer): FakeFactory {
  return new FakeFactory((_, call) =>
    Promise.resolve(new FakeAgent(undefined, (signal, nth) => answer(call, signal, nth))),
  );
}

/** No chance: every wait is its mean. */
function makeProbed(answer: Answer, { health, ...options }: BenchOptions = {}): Promise<Bench> {
  jest.spyOn(Math, 'random').mockReturnValue(0.5);
  return makeReadyPool({
    factory: pinged(answer),
    health: { intervalMs: INTERVAL_MS, timeoutMs: TIMEOUT_MS, ...health },
    ...options,
  });
}

/** Its timers fire late. */
class LateClock extends ManualClock {
  lateMs = 0;

  override monotonic(): number {
    return super.monotonic() + this.lateMs;
  }
}

const eventsOf = ({ published }: Bench, type: string): unknown[] =>
  published.filter((event) => event.type === type).map(({ data }) => data);

afterEach(() => jest.restoreAllMocks());

describe('the pings of a pool', () => {
  it('of 50 agents are spread over the interval: never two in the same 50 ms, each agent once an interval', async () => {
    const clock = new ManualClock();
    const at: number[] = [];
    const byAgent = new Map<number, number[]>();
    const factory = pinged((call) => {
      at.push(clock.monotonic());
      byAgent.set(call, [...(byAgent.get(call) ?? []), clock.monotonic()]);
      return Promise.resolve();
    });
    const { pool } = await makeReadyPool({
      clock,
      factory,
      size: { min: 50 },
      health: { intervalMs: 10_000 },
    });
    await clock.advance(60_000);

    const gaps = at.slice(1).map((time, n) => time - at[n]!);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(100); // half of 10 s / 50
    expect(Math.max(...gaps)).toBeLessThanOrEqual(300);
    expect(at.length).toBeGreaterThan(250);
    expect(byAgent.size).toBe(50);
    for (const times of byAgent.values()) {
      for (const [n, time] of times.slice(1).entries()) {
        expect(time - times[n]!).toBeGreaterThan(7_500);
        expect(time - times[n]!).toBeLessThan(12_500);
      }
    }
    await pool.close();
    expect(clock.timerCount).toBe(0);
  });

  it('of 50 pools that began together do not come together', async () => {
    const clock = new ManualClock();
    const at: number[] = [];
    const answer: Answer = () => Promise.resolve(void at.push(clock.monotonic()));
    const pools = await Promise.all(
      Array.from({ length: 50 }, () => makeReadyPool({ clock, factory: pinged(answer) })),
    );
    await clock.advance(10_000 * 1.5);

    // The first pings fall into 10 s; a tenth of that has a tenth of them, give or take.
    const firsts = at.slice(0, 50);
    const tenths = Array.from(
      { length: 10 },
      (_, n) => firsts.filter((time) => Math.floor((time - 5_000) / 1_000) === n).length,
    );
    expect(firsts).toHaveLength(50);
    expect(Math.max(...tenths)).toBeLessThanOrEqual(20);
    await Promise.all(pools.map(({ pool }) => pool.close()));
  });

  it('are not sent where there is nobody to ask', async () => {
    const clock = new ManualClock();
    const never = makePool({ clock, factory: new FakeFactory(() => new Promise(() => undefined)) });
    never.pool.start();
    await settle();
    expect(clock.timerCount).toBe(1); // of the create
    const silent = await makeReadyPool({ clock });
    const off = await makeProbed(ill, { clock, health: { enabled: false } });
    expect(clock.timerCount).toBe(1);
    const closed = Promise.all([never, silent, off].map(({ pool }) => pool.close()));
    await clock.advance(10_000);
    await closed;
  });

  it('never make an idle agent unhealthy that answers them', async () => {
    const bench = await makeProbed(well);
    await bench.clock.advance(100 * INTERVAL_MS);

    expect(bench.factory.made[0]?.pings).toBe(100);
    expect(bench.pool.agents()).toMatchObject([
      {
        state: 'idle',
        health: { failedPings: 0, lastPingAt: bench.clock.timestamp(), restarts: 0, quarantinedUntil: null },
      },
    ]);
    expect(bench.published.map(({ type }) => type)).toEqual(['agent.started']);
    await bench.pool.close();
  });

  it.each<[string, Answer]>([
    ['rejects', ill],
    ['hangs', mute],
    ['hangs and ignores its abort', deaf],
    [
      'throws at once',
      () => {
        throw new Error('not well');
      },
    ],
  ])('replace an agent whose ping %s, at the third failure in a row', async (_, answer) => {
    const bench = await makeProbed((call, ...args) =>
      call === 1 ? answer(call, ...args) : well(call, ...args),
    );
    const agentId = bench.pool.agents()[0]?.agentId;
    await bench.clock.advance(2 * INTERVAL_MS + TIMEOUT_MS);
    expect(bench.pool.agents()).toMatchObject([{ agentId, state: 'idle', health: { failedPings: 2 } }]);
    await bench.clock.advance(INTERVAL_MS);

    expect(bench.factory.made[0]?.disposals).toBe(1);
    expect(eventsOf(bench, 'agent.failed')).toEqual([
      expect.objectContaining({ agentId, reason: 'unhealthy', retryInMs: 250 }),
    ]);
    await bench.clock.advance(250);
    const [replacement] = bench.pool.agents();
    expect(replacement).toMatchObject({
      state: 'idle',
      error: null,
      health: { restarts: 1, failedPings: 0 },
    });
    expect(replacement?.agentId).not.toBe(agentId);
    expect(eventsOf(bench, 'agent.recovered')).toEqual([
      { agentId: replacement?.agentId, capability: 'work', attempts: 1 },
    ]);
    expect(eventsOf(bench, 'agent.stopped')).toHaveLength(1);
    await bench.pool.close();
    expect(bench.clock.timerCount).toBe(0);
  });

  it.each<[string, Answer, object]>([
    ['rejects', ill, { code: 'AGENT_UNHEALTHY', message: 'not well' }],
    ['hangs and ignores its abort', deaf, { code: 'TIMEOUT' }],
  ])('of an agent made anew come first: it is not there while its ping %s', async (_, answer, error) => {
    const usable: number[] = [];
    let isWell = false;
    const bench = await makeProbed((...args) => (isWell ? well : answer)(...args), { readyWhen: 'any' });
    bench.events.onAny(() => usable.push(bench.pool.pool('work')!.quorum.usable));
    await bench.clock.advance(24 * INTERVAL_MS);

    expect(usable.length).toBeGreaterThan(4);
    expect(Math.max(...usable)).toBe(0);
    expect(bench.pool.agents()).toMatchObject([{ state: 'error', error, health: { restarts: 1 } }]);
    expect(bench.factory.alive).toBe(0);
    expect(bench.factory.made.slice(1).map(({ pings }) => pings)).toEqual(
      bench.factory.made.slice(1).map(() => 1),
    );
    const failures = eventsOf(bench, 'agent.failed') as { reason: string; retryInMs: number }[];
    expect(failures.slice(0, 4)).toMatchObject([
      { reason: 'unhealthy', retryInMs: 250 },
      { reason: 'create', error, retryInMs: 250 },
      { reason: 'create', error, retryInMs: 500 },
      { reason: 'create', error, retryInMs: 1_000 },
    ]);
    expect(eventsOf(bench, 'agent.started')).toHaveLength(1);

    isWell = true;
    await bench.clock.advance(40 * INTERVAL_MS);
    expect(bench.pool.pool('work')).toMatchObject({ quorum: { required: 1, usable: 1 } });
    expect(bench.factory.alive).toBe(1);
    expect(eventsOf(bench, 'agent.recovered')).toEqual([
      expect.objectContaining({ attempts: failures.length }),
    ]);
    await bench.pool.close();
    expect(bench.clock.timerCount).toBe(0);
  });

  it('of agents made anew lead to their quarantine as failing creates do', async () => {
    const bench = await makeProbed(ill, { restart: { maxFailedCreates: 1, quarantineMs: 10_000 } });
    await bench.clock.advance(3 * INTERVAL_MS + 500);
    expect(bench.pool.agents()).toMatchObject([{ state: 'quarantined', health: { restarts: 1 } }]);
    expect(bench.factory.alive).toBe(0);
    await bench.pool.close();
  });

  it('are not asked of an agent made anew that is gone for another reason, nor of one that has none', async () => {
    const bench = await makeProbed(mute);
    const error = new AgentGoneError('its process ended');
    (await bench.lease()).release({ ok: false, durationMs: 1, error });
    await bench.clock.advance(250);
    expect(bench.pool.agents()).toMatchObject([{ state: 'idle', health: { lastPingAt: null } }]);
    await bench.pool.close();

    const silent = await makeProbed(ill, {
      factory: new FakeFactory((_, call) =>
        Promise.resolve(
          call === 1 ? new FakeAgent(undefined, (signal) => ill(1, signal, 1)) : new FakeAgent(),
        ),
      ),
    });
    await silent.clock.advance(3 * INTERVAL_MS + 250);
    expect(silent.pool.agents()).toMatchObject([{ state: 'idle', health: { lastPingAt: null } }]);
    await silent.pool.close();
  });

  it('that come first end at close, and the agent is disposed of', async () => {
    const signals: AbortSignal[] = [];
    const bench = await makeProbed((call, signal, nth) => {
      if (call > 1) signals.push(signal);
      return (call === 1 ? ill : deaf)(call, signal, nth);
    });
    await bench.clock.advance(3 * INTERVAL_MS + 250);
    expect(bench.pool.agents()).toMatchObject([{ state: 'starting' }]);
    await bench.pool.close();

    expect(signals.map(({ reason }) => reason as unknown)).toMatchObject([{ kind: 'shutdown' }]);
    expect(bench.factory.made.map(({ disposals }) => disposals)).toEqual([1, 1]);
    expect(eventsOf(bench, 'agent.failed')).toHaveLength(1);
    expect(bench.clock.timerCount).toBe(0);
  });

  it('show why an agent is not there, until it is again', async () => {
    const bench = await makeProbed(ill);
    await bench.clock.advance(3 * INTERVAL_MS);
    expect(bench.pool.agents()).toMatchObject([
      { state: 'error', error: { code: 'AGENT_UNHEALTHY', message: 'not well' } },
    ]);
    expect(bench.pool.pool('work')).toMatchObject({ health: 'critical', size: { current: 1 } });
    await bench.pool.close();
  });

  it('forget failed ones below the threshold, and say so', async () => {
    const bench = await makeProbed((call, signal, nth) => (nth <= 2 ? ill : well)(call, signal, nth));
    await bench.clock.advance(3 * INTERVAL_MS);

    const [agent] = bench.pool.agents();
    expect(agent?.health.failedPings).toBe(0);
    expect(eventsOf(bench, 'agent.recovered')).toEqual([
      { agentId: agent?.agentId, capability: 'work', attempts: 0 },
    ]);
    expect(bench.factory.calls).toBe(1);
    await bench.pool.close();
  });

  it('forget them only after recoveryThreshold in a row', async () => {
    // Fails, succeeds, fails, ...
    const bench = await makeProbed((call, signal, nth) => (nth % 2 === 1 ? ill : well)(call, signal, nth), {
      health: { recoveryThreshold: 2 },
    });
    await bench.clock.advance(4 * INTERVAL_MS);
    expect(bench.pool.agents()).toMatchObject([{ health: { failedPings: 2 } }]);
    await bench.clock.advance(INTERVAL_MS);
    expect(bench.factory.made[0]?.disposals).toBe(1);
    await bench.pool.close();
  });

  it('of one agent are one at a time, and what comes late changes nothing', async () => {
    const late: (() => void)[] = [];
    const bench = await makeProbed(() => new Promise((resolve) => late.push(resolve)));
    await bench.clock.advance(2 * INTERVAL_MS + TIMEOUT_MS);
    expect(bench.factory.made[0]?.pings).toBe(1);

    late[0]?.();
    await settle();
    expect(bench.pool.agents()).toMatchObject([{ health: { failedPings: 2 } }]);
    expect(eventsOf(bench, 'agent.recovered')).toEqual([]);

    // It has settled: the next one is sent, and counted.
    await bench.clock.advance(INTERVAL_MS);
    expect(bench.factory.made[0]?.pings).toBe(2);
    expect(bench.factory.made[0]?.disposals).toBe(1);
    late[1]?.();
    await settle();
    expect(eventsOf(bench, 'agent.recovered')).toEqual([]);
    await bench.pool.close();
  });

  it('say nothing of an agent that was disposed of meanwhile', async () => {
    const answers: (() => void)[] = [];
    const bench = await makeProbed((call, signal, nth) =>
      nth === 1 ? ill(call, signal, nth) : new Promise((resolve) => answers.push(resolve)),
    );
    await bench.clock.advance(2 * INTERVAL_MS);
    const error = new AgentGoneError('its process ended');
    (await bench.lease()).release({ ok: false, durationMs: 1, error });
    await settle();
    answers[0]?.();
    await settle();

    expect(bench.published.map(({ type }) => type)).toEqual([
      'agent.started',
      'agent.failed',
      'agent.stopped',
    ]);
    await bench.pool.close();
  });

  it('are at most maxConcurrentPings at once; the others wait for their turn', async () => {
    let most = 0;
    let now = 0;
    const bench = await makeProbed(
      async (call, signal, nth) => {
        most = Math.max(most, ++now);
        await mute(call, signal, nth).finally(() => now--);
      },
      {
        size: { min: 20 },
        health: { intervalMs: 1_000, timeoutMs: 1_000, maxConcurrentPings: 3, failureThreshold: 100 },
      },
    );
    await bench.clock.advance(10_000);

    expect(most).toBe(3);
    const sent = bench.factory.made.map(({ pings }) => pings);
    expect(sent.reduce((sum, pings) => sum + pings)).toBeGreaterThanOrEqual(27);
    expect(Math.max(...sent) - Math.min(...sent)).toBeLessThanOrEqual(1);
    await bench.pool.close();
    expect(bench.clock.timerCount).toBe(0);
  });

  it('say nothing of an agent when our own event loop was blocked', async () => {
    const clock = new LateClock();
    const bench = await makeProbed(
      (call, signal, nth) => {
        signal.addEventListener('abort', () => (clock.lateMs += BLOCKED_LOOP_MS + 1));
        return mute(call, signal, nth);
      },
      { clock },
    );
    await clock.advance(10 * INTERVAL_MS);
    expect(bench.pool.agents()).toMatchObject([{ state: 'idle', health: { failedPings: 0 } }]);
    await bench.pool.close();
  });

  it('end at close, with those under way', async () => {
    const signals: AbortSignal[] = [];
    const bench = await makeProbed((call, signal, nth) => {
      signals.push(signal);
      return mute(call, signal, nth);
    });
    await bench.clock.advance(INTERVAL_MS);
    await bench.pool.close();

    expect(signals[0]?.reason).toMatchObject({ kind: 'shutdown' });
    expect(bench.clock.timerCount).toBe(0);
    expect(eventsOf(bench, 'agent.failed')).toEqual([]);
    await bench.clock.advance(10 * INTERVAL_MS);
    expect(signals).toHaveLength(1);
  });

  it('are sent to a busy agent too, and one that leaves: both may be lost with their tasks', async () => {
    const bench = await makeProbed((call, ...args) => (call === 1 ? ill : well)(call, ...args), {
      concurrencyPerAgent: 2,
    });
    const [stuck, going] = await Promise.all([bench.lease(), bench.lease()]);
    stuck.abandon({ code: 'TIMEOUT', message: 'stuck', retryable: true });
    await settle();
    expect(bench.pool.pool('work')).toMatchObject({ agents: { draining: 1, idle: 1 } });
    await bench.clock.advance(4 * INTERVAL_MS);

    expect(bench.factory.made.map(({ disposals }) => disposals)).toEqual([1, 0]);
    expect(bench.pool.pool('work')).toMatchObject({
      agents: { draining: 0, idle: 1 },
      leases: { active: 0 },
    });
    going.release(OK);
    expect(bench.pool.pool('work')?.performance).toMatchObject({ tasks: 2, failures: 2 });
    expect(bench.factory.calls).toBe(2);
    await bench.pool.close();
  });
});
