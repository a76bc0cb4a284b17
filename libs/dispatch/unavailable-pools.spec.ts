import { GatedAgent } from './testing/gated-agent.js';
import { closeHarnesses, makeHarness } from './testing/make-harness.js';
import { until } from './testing/until.js';
import { ONCE, step, workflow } from './testing/workflows.js';

const OPEN_MS = 5_000;
const breaker = { minimumTasks: 4, openMs: OPEN_MS, halfOpenProbes: 1 };

/** What a target that is down looks like. */
const DOWN = Object.assign(new Error('no connection'), { code: 'AGENT_UNREACHABLE', retryable: true });

afterEach(closeHarnesses);
afterEach(() => jest.restoreAllMocks());

/** A capability whose target is down until the test says otherwise; it counts what it is asked. */
async function makeTarget() {
  const target = { down: true, tasks: 0 };
  const work = (): Promise<unknown> => {
    target.tasks++;
    return target.down ? Promise.reject(DOWN) : Promise.resolve('done');
  };
  const harness = await makeHarness({ agents: { work }, pool: { size: { min: 2 }, breaker } });
  jest.spyOn(Math, 'random').mockReturnValue(0);
  const run = async (id: string) =>
    (await harness.dispatcher.submit(workflow([step(id, { retry: ONCE })]))).result();
  return { ...harness, target, run };
}

describe('FAULTS 55: steps whose target is down', () => {
  it('reach it no more once the breaker is open, and fail at once with its code', async () => {
    const { run, target, pool, recorder } = await makeTarget();
    for (let task = 0; task < 4; task++) await run('a');
    expect(pool.pool('work')).toMatchObject({ health: 'critical', breaker: 'open', retryAfterMs: OPEN_MS });
    const { status, error, steps } = await run('b');
    expect([status, error?.code]).toEqual(['failed', 'POOL_UNAVAILABLE']);
    expect(steps.b).toMatchObject({
      status: 'failed',
      attempts: 0,
      agentId: null,
      error: {
        code: 'POOL_UNAVAILABLE',
        retryable: true,
        details: { reason: 'failures', retryAfterMs: OPEN_MS },
      },
    });
    expect(target.tasks).toBe(4);
    expect(recorder.of('pool.unavailable')).toMatchObject([{ capability: 'work', tasks: 4, failures: 4 }]);
  });

  it('that may be tried again wait for as long as the pool asks for, say why, and are done when it is back', async () => {
    const { run, target, dispatcher, clock, recorder } = await makeTarget();
    for (let task = 0; task < 4; task++) await run('a');
    const handles = await Promise.all(
      ['b', 'c', 'd'].map((id) => dispatcher.submit(workflow([step(id, { retry: { maxAttempts: 2 } })]))),
    );
    await until(() => recorder.of('step.retrying').length === 3);
    for (const told of recorder.of('step.retrying'))
      expect(told).toMatchObject({ attempt: 0, delayMs: OPEN_MS, error: { code: 'POOL_UNAVAILABLE' } });
    const waiting = await dispatcher.get(handles[0]!.executionId);
    expect(waiting.steps.b).toMatchObject({ status: 'pending', error: { code: 'POOL_UNAVAILABLE' } });
    target.down = false;
    await clock.advance(OPEN_MS - 1);
    expect(target.tasks).toBe(4);
    await clock.advance(1);
    // One of them probes; the others are there at the same moment, and are not refused.
    for (const handle of handles) expect((await handle.result()).status).toBe('completed');
    expect(target.tasks).toBe(7);
    expect(recorder.of('pool.available')).toMatchObject([{ capability: 'work', unavailableMs: OPEN_MS }]);
  });

  it('that the pool asks for more time than their execution has fail at once', async () => {
    const { run, dispatcher } = await makeTarget();
    for (let task = 0; task < 4; task++) await run('a');
    const handle = await dispatcher.submit(workflow([step('b')]), { timeoutMs: OPEN_MS - 1 });
    const { status, error } = await handle.result();
    expect([status, error?.code]).toEqual(['failed', 'POOL_UNAVAILABLE']);
  });
});

describe('the breaker of a pool', () => {
  const outcomes = async (end: (work: GatedAgent, nth: number) => Promise<unknown>, timeoutMs?: number) => {
    const work = new GatedAgent();
    const harness = await makeHarness({ agents: { work: work.run }, pool: { size: { min: 2 }, breaker } });
    for (let nth = 1; nth <= 4; nth++) {
      const handle = await harness.dispatcher.submit(workflow([step('a', { retry: ONCE, timeoutMs })]), {
        timeoutMs: 1_000,
      });
      await work.call(nth);
      const ended = end(work, nth);
      if (timeoutMs !== undefined) await harness.clock.advance(timeoutMs);
      await Promise.all([ended, handle.result()]);
    }
    return { ...harness, state: harness.pool.pool('work')?.breaker };
  };

  it('counts an error without a word on retrying, and the timeout of a step', async () => {
    const thrown = await outcomes(async (work, nth) => work.calls[nth - 1]?.fail(new Error('no')));
    expect(thrown.state).toBe('open');
    expect((await outcomes(() => Promise.resolve(), 100)).state).toBe('open');
  });

  it('does not count an error that is the task’s own', async () => {
    const bad = Object.assign(new Error('bad input'), { retryable: false });
    expect((await outcomes(async (work, nth) => work.calls[nth - 1]?.fail(bad))).state).toBe('closed');
  });

  it('does not count what a cancel or the time of the execution ended', async () => {
    const work = new GatedAgent();
    const { dispatcher, clock, pool } = await makeHarness({
      agents: { work: work.run },
      pool: { size: { min: 2 }, breaker },
    });
    for (let nth = 1; nth <= 8; nth++) {
      const handle = await dispatcher.submit(workflow([step('a', { timeoutMs: 2_000 })]), {
        timeoutMs: 1_000,
      });
      await work.call(nth);
      if (nth % 2 === 0) await handle.cancel('enough');
      else await clock.advance(1_000);
      await handle.result();
    }
    expect(pool.pool('work')).toMatchObject({ breaker: 'closed', performance: { failures: 8 } });
  });
});

describe('a pool none of whose agents can be made', () => {
  it('fails the steps that wait for it after unavailableAfterMs, and leaves the slots of the dispatcher to others', async () => {
    const { pool, dispatcher, clock, leases } = await makeHarness({ maxConcurrentWorkflows: 2 });
    const factory = { kind: 'none', create: () => Promise.reject(new Error('no agents today')) };
    pool.add({ capability: 'none', factory, unavailableAfterMs: 1_000 });
    await pool.whenProvisioned();
    const stuck = await Promise.all(
      ['a', 'b'].map((id) => dispatcher.submit(workflow([step(id, { capability: 'none', retry: ONCE })]))),
    );
    const other = await dispatcher.submit(workflow([step('c', { capability: 'echo' })]));
    await clock.advance(999);
    expect((await dispatcher.get(other.executionId)).status).toBe('pending');
    await clock.advance(1);
    for (const handle of stuck)
      expect((await handle.result()).error).toMatchObject({
        code: 'POOL_UNAVAILABLE',
        details: { reason: 'no-agents' },
      });
    expect((await other.result()).status).toBe('completed');
    expect(leases()).toBe(0);
  });
});
