import { type AbortedError, MAX_DELAY_MS } from '#core';
import type { AgentCallable } from '#agent-pool';
import { GatedAgent } from './testing/gated-agent.js';
import { closeHarnesses, makeHarness } from './testing/make-harness.js';
import { turn, until } from './testing/until.js';
import { ONCE, step, workflow } from './testing/workflows.js';

afterEach(closeHarnesses);
afterEach(() => jest.restoreAllMocks());

describe('the attempts of a step', () => {
  it('are made as often as allowed, with exponential back-off and full jitter between them', async () => {
    const random = jest.spyOn(Math, 'random').mockReturnValue(0.999999);
    const work = new GatedAgent();
    const { dispatcher, clock, recorder } = await makeHarness({ agents: { work: work.run } });
    const retry = { maxAttempts: 4, baseDelayMs: 100, maxDelayMs: 250, multiplier: 2 };
    const handle = await dispatcher.submit(workflow([step('a', { retry })]));
    for (const [nth, delayMs] of [100, 200, 250].entries()) {
      (await work.call(nth + 1)).fail(new Error(`no ${nth + 1}`));
      await clock.advance(delayMs - 1);
      expect(work.calls).toHaveLength(nth + 1);
      await clock.advance(1);
      expect(work.calls).toHaveLength(nth + 2);
    }
    (await work.call(4)).fail(new Error('no 4'));
    const { steps } = await handle.result();
    expect(steps.a).toMatchObject({ status: 'failed', attempts: 4, error: { message: 'no 4' } });
    expect(recorder.of('step.retrying').map(({ attempt, error }) => [attempt, error.message])).toEqual([
      [1, 'no 1'],
      [2, 'no 2'],
      [3, 'no 3'],
    ]);
    expect(work.calls.map(({ task }) => task.attempt)).toEqual([1, 2, 3, 4]);
    expect(new Set(work.calls.map(({ context }) => context.idempotencyKey))).toEqual(
      new Set([`${handle.executionId}:a`]),
    );
    random.mockReturnValue(0);
    const eager = await dispatcher.submit(workflow([step('b', { retry })]));
    for (let nth = 5; nth <= 8; nth++) {
      (await work.call(nth)).fail(new Error('no'));
      await clock.advance(0);
    }
    expect((await eager.result()).steps.b?.attempts).toBe(4);
    expect(clock.timerCount).toBe(0);
  });

  it.each([{ list: [1] }, '{% $input %}', { list: '{% $input.list %}' }])(
    'get the same input each, whatever an agent does to it: %j',
    async (input) => {
      const seen: string[] = [];
      const spoil: AgentCallable = (task) => {
        seen.push(JSON.stringify(task.input));
        (task.input as { list: number[] }).list.push(2);
      };
      const { dispatcher, clock } = await makeHarness({ agents: { work: spoil } });
      const retry = { maxAttempts: 2, baseDelayMs: 1, maxDelayMs: 1 };
      const handle = await dispatcher.submit(workflow([step('a', { input, retry })]), {
        input: { list: [1] },
      });
      const result = handle.result();
      for (let turns = 0; turns < 5; turns++) await clock.advance(1);
      expect((await result).steps.a?.error?.message).toContain('not extensible');
      expect(seen).toEqual(['{"list":[1]}', '{"list":[1]}']);
    },
  );

  it('may be handed on with a copy of their context', async () => {
    const work = new GatedAgent();
    const wrapped: AgentCallable = (task, context) => work.run(task, { ...context });
    const { dispatcher } = await makeHarness({ agents: { work: wrapped } });
    const handle = await dispatcher.submit(workflow([step('a', { timeoutMs: 1_000 })]));
    const { context } = await work.call(1);
    expect(Date.parse(context.deadline ?? '')).toBeGreaterThan(0);
    await handle.cancel();
    expect(context.signal.aborted).toBe(true);
    (await work.call(1)).fail(context.signal.reason as Error);
    expect((await handle.result()).status).toBe('cancelled');
  });

  it('end with the first success', async () => {
    const work = new GatedAgent();
    const { dispatcher, clock, recorder } = await makeHarness({ agents: { work: work.run } });
    const handle = await dispatcher.submit(workflow([step('a')]));
    (await work.call(1)).fail(new Error('no'));
    await until(() => recorder.of('step.retrying').length > 0);
    expect((await dispatcher.get(handle.executionId)).steps.a).toMatchObject({
      status: 'running',
      attempts: 1,
      error: { message: 'no' },
    });
    await clock.advance(1_000);
    (await work.call(2)).succeed('yes');
    const { steps } = await handle.result();
    expect(steps.a).toMatchObject({ status: 'completed', attempts: 2, output: 'yes', error: null });
  });

  it('end at once with an error that says it is not retryable', async () => {
    const work = new GatedAgent();
    const { dispatcher } = await makeHarness({ agents: { work: work.run } });
    const handle = await dispatcher.submit(workflow([step('a')]));
    (await work.call(1)).fail(Object.assign(new Error('never'), { retryable: false }));
    expect((await handle.result()).steps.a).toMatchObject({
      status: 'failed',
      attempts: 1,
      error: { retryable: false },
    });
  });

  it('wait as long as the error asks for, also beyond maxDelayMs', async () => {
    const work = new GatedAgent();
    const { dispatcher, clock, recorder } = await makeHarness({ agents: { work: work.run } });
    jest.spyOn(Math, 'random').mockReturnValue(0);
    await dispatcher.submit(workflow([step('a', { retry: { maxDelayMs: 5_000 } })]));
    for (const [nth, [asked, waited]] of (
      [
        [3_000, 3_000],
        [60_000, 60_000],
      ] as const
    ).entries()) {
      (await work.call(nth + 1)).fail(Object.assign(new Error('busy'), { details: { retryAfterMs: asked } }));
      await clock.advance(waited - 1);
      expect(work.calls).toHaveLength(nth + 1);
      await clock.advance(1);
      expect(work.calls).toHaveLength(nth + 2);
    }
    expect(recorder.of('step.retrying').map(({ delayMs }) => delayMs)).toEqual([3_000, 60_000]);
  });

  it('end with an error that asks for more time than the execution has', async () => {
    const work = new GatedAgent();
    const { dispatcher } = await makeHarness({ agents: { work: work.run } });
    const handle = await dispatcher.submit(workflow([step('a')]), { timeoutMs: 60_000 });
    const busy = Object.assign(new Error('busy'), { code: 'BUSY', details: { retryAfterMs: 60_001 } });
    (await work.call(1)).fail(busy);
    const { status, error } = await handle.result();
    expect([status, error?.code]).toEqual(['failed', 'BUSY']);
    expect(work.calls).toHaveLength(1);
  });
});

describe('the time of a step', () => {
  it('is counted an attempt, and its end is retryable', async () => {
    const work = new GatedAgent();
    const { dispatcher, clock } = await makeHarness({ agents: { work: work.run } });
    jest.spyOn(Math, 'random').mockReturnValue(0);
    const handle = await dispatcher.submit(
      workflow([step('a', { timeoutMs: 100, retry: { maxAttempts: 2 } })]),
    );
    for (let nth = 1; nth <= 2; nth++) {
      const { context } = await work.call(nth);
      expect(context.deadline).toBe(new Date(clock.now() + 100).toISOString());
      await clock.advance(99);
      expect(context.signal.aborted).toBe(false);
      await clock.advance(1);
      expect((context.signal.reason as AbortedError).kind).toBe('timeout');
    }
    const { status, steps } = await handle.result();
    expect(status).toBe('failed');
    expect(steps.a).toMatchObject({
      attempts: 2,
      error: {
        code: 'STEP_TIMEOUT',
        message: 'step "a" timed out after 100 ms',
        retryable: true,
        details: { timeoutMs: 100 },
      },
    });
    expect(clock.timerCount).toBe(0);
  });

  it('does not begin while the step waits for an agent', async () => {
    const work = new GatedAgent();
    const { dispatcher, clock } = await makeHarness({
      agents: { work: work.run },
      pool: { size: { min: 1 } },
    });
    const handle = await dispatcher.submit(workflow([step('a'), step('b', { timeoutMs: 10 })]));
    await work.call(1);
    await clock.advance(100);
    work.calls[0]?.succeed();
    (await work.call(2)).succeed();
    expect((await handle.result()).status).toBe('completed');
  });
});

describe('the time of an execution', () => {
  it('ends it, and its steps in flight, when it is over', async () => {
    const work = new GatedAgent();
    const { dispatcher, clock, leases } = await makeHarness({
      agents: { work: work.run },
      maxConcurrentSteps: 1,
    });
    const handle = await dispatcher.submit(workflow([step('a'), step('b')]), { timeoutMs: 1_000 });
    const { context } = await work.call(1);
    expect(context.deadline).toBe(new Date(clock.now() + 1_000).toISOString());
    await clock.advance(999);
    expect((await dispatcher.get(handle.executionId)).status).toBe('running');
    await clock.advance(1);
    const { status, error, steps } = await handle.result();
    expect(status).toBe('timed_out');
    expect(error).toEqual({
      code: 'EXECUTION_TIMEOUT',
      message: 'the execution timed out after 1000 ms',
      retryable: false,
    });
    expect(steps.a).toMatchObject({ status: 'cancelled', error: { code: 'TIMEOUT' } });
    expect(steps.b?.status).toBe('pending');
    expect((context.signal.reason as AbortedError).kind).toBe('timeout');
    expect([clock.timerCount, leases()]).toEqual([0, 0]);
  });

  it('ends a back-off at once', async () => {
    const work = new GatedAgent();
    const { dispatcher, clock } = await makeHarness({ agents: { work: work.run } });
    const handle = await dispatcher.submit(
      workflow([step('a', { retry: { baseDelayMs: 60_000, maxDelayMs: 60_000 } })]),
      { timeoutMs: 10 },
    );
    (await work.call(1)).fail(new Error('no'));
    await clock.advance(10);
    expect((await handle.result()).steps.a).toMatchObject({ status: 'cancelled', attempts: 1 });
    expect(clock.timerCount).toBe(0);
  });

  it('is not counted while it waits in the queue', async () => {
    const work = new GatedAgent();
    const { dispatcher, clock } = await makeHarness({
      agents: { work: work.run },
      maxConcurrentWorkflows: 1,
    });
    jest.spyOn(Math, 'random').mockReturnValue(0.9);
    await dispatcher.submit(workflow([step('a')]));
    await work.call(1);
    const handle = await dispatcher.submit(workflow([step('b')]), { timeoutMs: 10 });
    await clock.advance(1_000);
    work.calls[0]?.succeed();
    (await work.call(2)).succeed();
    expect((await handle.result()).status).toBe('completed');
  });

  it('may be the shortest and the longest there is', async () => {
    const work = new GatedAgent();
    const { dispatcher, clock } = await makeHarness({ agents: { work: work.run } });
    const short = await dispatcher.submit(workflow([step('a', { timeoutMs: 1 })]), { timeoutMs: 1 });
    await work.call(1);
    await clock.advance(1);
    expect((await short.result()).status).toBe('timed_out');
    const long = await dispatcher.submit(workflow([step('a', { timeoutMs: MAX_DELAY_MS })]), {
      timeoutMs: MAX_DELAY_MS,
    });
    await work.call(2);
    await clock.advance(MAX_DELAY_MS - 1);
    (await work.call(2)).succeed();
    expect((await long.result()).status).toBe('completed');
  });
});

describe('a task that ignores its signal', () => {
  it.each(['succeed', 'fail'] as const)(
    'is given up after abortGraceMs, and what it does then (%s) changes nothing',
    async (late) => {
      const work = new GatedAgent({ deaf: true });
      const { dispatcher, clock, pool, recorder, leases } = await makeHarness({
        agents: { work: work.run },
        pool: { size: { min: 1 } },
        abortGraceMs: 500,
      });
      const handle = await dispatcher.submit(workflow([step('a')]), { timeoutMs: 100 });
      const call = await work.call(1);
      const [agent] = pool.agents().filter(({ capability }) => capability === 'work');
      await clock.advance(100);
      expect(call.context.signal.aborted).toBe(true);
      await clock.advance(499);
      expect((await dispatcher.get(handle.executionId)).status).toBe('running');
      expect(pool.pool('work')?.performance.abandoned).toBe(0);
      await clock.advance(1);
      const execution = await handle.result();
      expect(execution.status).toBe('timed_out');
      expect(execution.steps.a?.status).toBe('cancelled');
      expect(pool.pool('work')?.performance.abandoned).toBe(1);
      expect(recorder.of('agent.failed')).toEqual([
        expect.objectContaining({
          agentId: agent?.agentId,
          reason: 'abandoned',
          error: expect.objectContaining({ code: 'TIMEOUT' }),
        }),
      ]);
      const events = recorder.all.length;
      call[late](late === 'succeed' ? 'late' : new Error('late'));
      await turn();
      expect(await dispatcher.get(handle.executionId)).toEqual(execution);
      expect(recorder.all.length - events).toBeLessThanOrEqual(1); // the old agent's stop
      const next = await dispatcher.submit(workflow([step('b')]));
      const second = await work.call(2);
      expect(pool.agents().find(({ state }) => state === 'busy')?.agentId).not.toBe(agent?.agentId);
      second.succeed();
      expect((await next.result()).status).toBe('completed');
      expect([clock.timerCount, leases()]).toEqual([0, 0]);
    },
  );

  it('costs one attempt when only its own time was over', async () => {
    const work = new GatedAgent({ deaf: true });
    const { dispatcher, clock, pool } = await makeHarness({ agents: { work: work.run }, abortGraceMs: 50 });
    jest.spyOn(Math, 'random').mockReturnValue(0);
    const handle = await dispatcher.submit(
      workflow([step('a', { timeoutMs: 10, retry: { maxAttempts: 2 } })]),
    );
    await work.call(1);
    await clock.advance(60);
    (await work.call(2)).succeed('second');
    expect((await handle.result()).steps.a).toMatchObject({
      status: 'completed',
      attempts: 2,
      output: 'second',
    });
    expect(pool.pool('work')?.performance.abandoned).toBe(1);
    work.calls[0]?.succeed('first');
    await turn();
    expect((await dispatcher.get(handle.executionId)).steps.a?.output).toBe('second');
  });

  it('is not given up when it settles within the grace; its result is dropped all the same', async () => {
    const work = new GatedAgent({ deaf: true });
    const { dispatcher, clock, pool } = await makeHarness({ agents: { work: work.run } });
    const handle = await dispatcher.submit(workflow([step('a', { retry: ONCE })]), { timeoutMs: 10 });
    const call = await work.call(1);
    await clock.advance(4_000);
    call.succeed('late');
    const { status, steps } = await handle.result();
    expect([status, steps.a?.status, steps.a?.output]).toEqual(['timed_out', 'cancelled', null]);
    expect(pool.pool('work')?.performance.abandoned).toBe(0);
    expect(clock.timerCount).toBe(0);
  });
});
