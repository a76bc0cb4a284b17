import { ManualClock } from '#core';
import { AgentGoneError } from './ports/agent-lost.errors.js';
import { FakeAgent, FakeFactory, slowly } from './testing/fake-factory.js';
import { createGate } from './testing/gate.js';
import { OK, STUCK, makeReadyPool, settle, type Bench } from './testing/make-pool.js';

const MAX_AGE_MS = 100_000;
/** By when an agent of that age is due, at the earliest. */
const EARLIEST_MS = MAX_AGE_MS * 0.9;

const idsOf = ({ pool }: Bench): string[] => pool.agents().map(({ agentId }) => agentId);

async function runTasks({ lease }: Bench, count: number): Promise<void> {
  for (let task = 0; task < count; task++) (await lease()).release(OK);
}

describe('recycleAfterTasks', () => {
  it('replaces an agent when its successor is there, and not before', async () => {
    const successor = createGate<FakeAgent>();
    const factory = new FakeFactory((_, call) =>
      call === 1 ? Promise.resolve(new FakeAgent()) : successor.promise,
    );
    const bench = await makeReadyPool({ factory, recycleAfterTasks: 10 });
    const [old] = idsOf(bench);
    await runTasks(bench, 10);
    expect(bench.pool.pool('work')).toMatchObject({
      health: 'healthy',
      size: { current: 1 },
      agents: { idle: 1, starting: 1 },
    });

    // It takes tasks until then, and finishes the one that it has.
    await runTasks(bench, 3);
    const held = await bench.lease();
    expect(held.agentId).toBe(old);
    successor.open(new FakeAgent());
    await settle();
    expect(bench.pool.pool('work')).toMatchObject({
      size: { current: 1 },
      agents: { idle: 1, draining: 1, starting: 0 },
    });
    expect(factory.made.map(({ disposals }) => disposals)).toEqual([0, 0]);
    expect((await bench.lease()).agentId).not.toBe(old);

    held.release(OK);
    await settle();
    expect(factory.made.map(({ disposals }) => disposals)).toEqual([1, 0]);
    expect(bench.published).toContainEqual({
      type: 'agent.stopped',
      data: { agentId: old, capability: 'work', tasks: 14 },
    });
    await bench.pool.close();
  });

  it('serves who waits with the successor', async () => {
    const bench = await makeReadyPool({ recycleAfterTasks: 1 });
    const first = await bench.lease();
    const waiting = bench.lease();
    first.release(OK);
    // The slot that was freed was handed on, so the agent is busy when its successor comes.
    const second = await waiting;
    expect(second.agentId).toBe(first.agentId);
    const third = bench.lease();
    await settle();
    expect((await third).agentId).not.toBe(first.agentId);
    expect(bench.factory.alive).toBe(2);
    await bench.pool.close();
    expect(bench.factory.alive).toBe(0);
  });

  it('renews a tenth of the pool at once, so that capacity never falls', async () => {
    const gates = Array.from({ length: 20 }, () => createGate<FakeAgent>());
    const factory = new FakeFactory((_, call) =>
      call <= 20 ? Promise.resolve(new FakeAgent()) : gates[call - 21]!.promise,
    );
    const bench = await makeReadyPool({
      factory,
      size: { min: 20 },
      selection: 'round-robin',
      recycleAfterTasks: 5,
    });
    const old = new Set(idsOf(bench));
    await runTasks(bench, 100);

    for (const [renewed, gate] of gates.entries()) {
      expect(factory.calls).toBe(Math.min(40, 20 + renewed + 2));
      expect(bench.pool.pool('work')).toMatchObject({ size: { current: 20 }, agents: { idle: 20 } });
      gate.open(new FakeAgent());
      await settle();
    }
    expect(idsOf(bench).filter((agentId) => old.has(agentId))).toEqual([]);
    expect(bench.pool.agents()).toHaveLength(20);
    await bench.pool.close();
  });

  it('keeps the old agent while no other can be made', async () => {
    const factory = new FakeFactory((_, call) =>
      call === 1 ? Promise.resolve(new FakeAgent()) : Promise.reject(new Error('not today')),
    );
    const bench = await makeReadyPool({ factory, recycleAfterTasks: 1 });
    const [old] = idsOf(bench);
    await runTasks(bench, 5);
    await bench.clock.advance(10_000);

    expect(factory.calls).toBeGreaterThan(2);
    expect(bench.pool.pool('work')).toMatchObject({ health: 'healthy', size: { current: 1 } });
    expect((await bench.lease()).agentId).toBe(old);
    await bench.pool.close();
    expect(bench.clock.timerCount).toBe(0);
  });

  it('has the successor take the place at once of an agent that was given up meanwhile', async () => {
    const successor = createGate<FakeAgent>();
    const factory = new FakeFactory((_, call) =>
      call === 1 ? Promise.resolve(new FakeAgent()) : successor.promise,
    );
    const bench = await makeReadyPool({ factory, recycleAfterTasks: 1 });
    await runTasks(bench, 1);
    const held = await bench.lease();
    held.abandon(STUCK);
    expect(factory.calls).toBe(2);
    expect(bench.pool.pool('work')).toMatchObject({ size: { current: 1 }, agents: { starting: 1 } });

    successor.open(new FakeAgent());
    expect((await bench.lease()).agentId).not.toBe(held.agentId);
    await settle();
    expect(factory.alive).toBe(1);
    await bench.pool.close();
  });

  it('makes another anew, after the back-off, for an agent that was lost meanwhile', async () => {
    const clock = new ManualClock();
    const factory = new FakeFactory((signal, call) =>
      call === 1 ? Promise.resolve(new FakeAgent()) : slowly(clock, 5_000)(signal, call),
    );
    const bench = await makeReadyPool({ clock, factory, recycleAfterTasks: 1 });
    await runTasks(bench, 1);
    const held = await bench.lease();
    held.release({ ok: false, durationMs: 1, error: new AgentGoneError('its process ended') });
    await settle();

    expect(factory.signals[1]?.aborted).toBe(true);
    expect(bench.pool.agents()).toMatchObject([{ state: 'error', health: { restarts: 1 } }]);
    await clock.advance(500 + 5_000);
    expect(bench.pool.agents()).toMatchObject([{ state: 'idle' }]);
    expect(factory.calls).toBe(3);
    await bench.pool.close();
    expect(clock.timerCount).toBe(0);
  });

  it('gives up the successor of an agent that the pool can do without', async () => {
    const clock = new ManualClock();
    const factory = new FakeFactory((signal, call) =>
      call <= 2 ? Promise.resolve(new FakeAgent()) : slowly(clock, 5_000)(signal, call),
    );
    const bench = await makeReadyPool({ clock, factory, size: { min: 2 }, recycleAfterTasks: 1 });
    const [first, second] = await Promise.all([bench.lease(), bench.lease()]);
    second.release(OK);
    expect(factory.calls).toBe(3);
    bench.pool.resize('work', { min: 1, max: 1 });
    await settle();

    expect(factory.signals[2]?.aborted).toBe(true);
    expect(idsOf(bench)).toEqual([first.agentId]);
    expect(clock.timerCount).toBe(0);
    await bench.pool.close();
  });
});

describe('maxAgeMs', () => {
  it('replaces agents before that age, not all together, by one timer', async () => {
    const bench = await makeReadyPool({ size: { min: 10 }, maxAgeMs: MAX_AGE_MS });
    const old = new Set(idsOf(bench));
    const left = (): number => idsOf(bench).filter((agentId) => old.has(agentId)).length;
    expect(bench.clock.timerCount).toBe(1);

    await bench.clock.advance(EARLIEST_MS - 1);
    expect(left()).toBe(10);
    const counts = new Set<number>();
    for (let ms = EARLIEST_MS; ms <= MAX_AGE_MS; ms += 10) {
      await bench.clock.advance(10);
      counts.add(left());
      expect(bench.clock.timerCount).toBe(1);
      expect(bench.pool.pool('work')?.size.current).toBe(10);
    }
    expect(left()).toBe(0);
    expect(counts.size).toBeGreaterThan(3);
    await bench.pool.close();
    expect(bench.clock.timerCount).toBe(0);
  });

  it('lets a busy agent finish', async () => {
    const bench = await makeReadyPool({ maxAgeMs: MAX_AGE_MS });
    const held = await bench.lease();
    await bench.clock.advance(MAX_AGE_MS);

    expect(bench.pool.pool('work')?.agents).toMatchObject({ draining: 1, idle: 1 });
    held.release(OK);
    await settle();
    expect(bench.pool.pool('work')?.agents).toMatchObject({ draining: 0, idle: 1 });
    await bench.pool.close();
  });

  it('sets no timer without it', async () => {
    const bench = await makeReadyPool({ size: { min: 3 } });
    expect(bench.clock.timerCount).toBe(0);
    await bench.pool.close();
  });
});
