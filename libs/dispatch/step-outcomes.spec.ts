import { AbortedError } from '#core';
import { GatedAgent } from './testing/gated-agent.js';
import { closeHarnesses, makeHarness } from './testing/make-harness.js';
import { turn } from './testing/until.js';
import { ONCE, collect, step, workflow } from './testing/workflows.js';
import { MAX_PROGRESS_EVENTS, MAX_PROGRESS_MESSAGE_LENGTH } from './runner/step-attempts.js';

afterEach(closeHarnesses);

const fails = () => Promise.reject(new Error('broken'));

describe('expressions', () => {
  it('see the input, what ran before, and the execution', async () => {
    const { dispatcher, clock } = await makeHarness();
    const handle = await dispatcher.submit(
      workflow([{ id: 'a', capability: 'echo', input: { of: '{% $execution %}', in: '{% $input %}' } }], {
        output: '{% $steps.a.output %}',
        metadata: { team: 'x' },
      }),
      { input: [1, 2], priority: 3 },
    );
    expect((await handle.result()).output).toEqual({
      in: [1, 2],
      of: {
        executionId: handle.executionId,
        workflowId: 'wf',
        priority: 3,
        submittedAt: clock.timestamp(),
        startedAt: clock.timestamp(),
        metadata: { team: 'x' },
      },
    });
  });

  it('skip a step whose `when` is false or has no value, and let its dependents run', async () => {
    const work = new GatedAgent();
    const { dispatcher, recorder } = await makeHarness({ agents: { work: work.run } });
    const handle = await dispatcher.submit(
      workflow([
        step('no', { when: '{% false %}' }),
        step('nothing', { when: '{% $input.absent %}' }),
        step('yes', { when: '{% 1 = 1 %}', dependsOn: ['no', 'nothing'] }),
      ]),
    );
    (await work.call(1)).succeed(1);
    const { status, steps } = await handle.result();
    expect(status).toBe('completed');
    expect(Object.values(steps).map((record) => record.status)).toEqual(['skipped', 'skipped', 'completed']);
    expect(steps.no).toMatchObject({ attempts: 0, agentId: null, startedAt: null, error: null });
    expect(recorder.of('step.skipped').map(({ stepId, reason }) => [stepId, reason])).toEqual([
      ['no', 'when'],
      ['nothing', 'when'],
    ]);
  });

  it.each([
    ['an input without a value', { input: { x: '{% $input.absent %}' } }],
    ['an input that cannot be computed', { input: '{% $input.text + 1 %}' }],
    ['a `when` that is neither true nor false', { when: '{% 1 %}' }],
    ['a `when` that cannot be computed', { when: '{% $input.text + 1 > 0 %}' }],
  ])('fail the step for %s, without an attempt', async (_name, more) => {
    const work = new GatedAgent();
    const { dispatcher, recorder, clock } = await makeHarness({ agents: { work: work.run } });
    const handle = await dispatcher.submit(workflow([step('a', more)]), { input: { text: 'x' } });
    const { status, error, steps } = await handle.result();
    expect(status).toBe('failed');
    expect(steps.a).toMatchObject({
      status: 'failed',
      attempts: 0,
      error: { code: 'EXPRESSION_FAILED', retryable: false },
    });
    expect(error).toMatchObject({ code: 'EXPRESSION_FAILED', details: { stepId: 'a' } });
    expect([work.calls.length, recorder.of('step.retrying').length, clock.timerCount]).toEqual([0, 0, 0]);
  });

  it('fail a step that needs the output of a skipped one', async () => {
    const { dispatcher } = await makeHarness();
    const handle = await dispatcher.submit(
      workflow([
        { id: 'a', capability: 'echo', when: '{% false %}' },
        { id: 'b', capability: 'echo', dependsOn: ['a'], input: '{% $steps.a.output %}' },
      ]),
    );
    expect((await handle.result()).steps.b).toMatchObject({
      status: 'failed',
      error: { code: 'EXPRESSION_FAILED' },
    });
  });

  it('fail the execution when its output has no value, or is too deep to be kept', async () => {
    const { dispatcher } = await makeHarness({ agents: { work: () => deep(99) } });
    for (const output of ['{% $steps.a.output.absent %}', { x: { y: '{% $steps.a.output %}' } }]) {
      const { status, error, steps } = await (
        await dispatcher.submit(workflow([step('a')], { output }))
      ).result();
      expect([status, error?.code, steps.a?.status]).toEqual(['failed', 'EXPRESSION_FAILED', 'completed']);
    }
  });
});

describe('a failed step', () => {
  it('fails the execution: siblings in flight end cancelled, those never begun stay pending', async () => {
    const work = new GatedAgent();
    const { dispatcher, recorder, clock, leases } = await makeHarness({
      agents: { work: work.run },
      maxConcurrentSteps: 2,
    });
    const handle = await dispatcher.submit(
      workflow([
        step('bad', { retry: ONCE }),
        step('sibling'),
        step('third'),
        step('after', { dependsOn: ['sibling'] }),
      ]),
    );
    await work.call(2);
    (await work.call(1)).fail(Object.assign(new Error('out of paper'), { code: 'NO_PAPER' }));
    const { status, error, steps } = await handle.result();
    expect(status).toBe('failed');
    expect(error).toEqual({
      code: 'NO_PAPER',
      message: 'step "bad" failed: out of paper',
      retryable: true,
      details: { stepId: 'bad' },
    });
    expect(steps.bad).toMatchObject({
      status: 'failed',
      attempts: 1,
      error: { code: 'NO_PAPER', message: 'out of paper' },
    });
    expect(steps.sibling).toMatchObject({
      status: 'cancelled',
      error: { code: 'CANCELLED', message: 'step "bad" failed' },
    });
    expect([steps.third?.status, steps.after?.status]).toEqual(['pending', 'pending']);
    expect((work.calls[1]?.context.signal.reason as AbortedError).kind).toBe('cancel');
    expect(recorder.of('step.cancelled')).toEqual([
      expect.objectContaining({ stepId: 'sibling', attempt: 1 }),
    ]);
    expect([clock.timerCount, leases()]).toEqual([0, 0]);
  });

  it('fails the execution also when it is the last one', async () => {
    const { dispatcher } = await makeHarness({ agents: { work: fails } });
    const { status, error } = await (
      await dispatcher.submit(workflow([step('a', { retry: ONCE })], { output: 1 }))
    ).result();
    expect([status, error?.code]).toEqual(['failed', 'AGENT_ERROR']);
  });

  it('lets its dependents continue with its error when it says so', async () => {
    const { dispatcher } = await makeHarness({ agents: { work: fails } });
    const handle = await dispatcher.submit(
      workflow(
        [
          step('a', { onError: 'continue', retry: ONCE }),
          { id: 'b', capability: 'echo', dependsOn: ['a'], input: '{% $steps.a.error %}' },
          { id: 'c', capability: 'echo', dependsOn: ['a'], when: '{% $exists($steps.a.output) %}' },
        ],
        { output: '{% $steps.b.output.message %}' },
      ),
    );
    const { status, steps, output, error } = await handle.result();
    expect({ status, output, error }).toEqual({ status: 'completed', output: 'broken', error: null });
    expect(steps.a?.status).toBe('failed');
    expect(steps.b?.output).toEqual({ code: 'AGENT_ERROR', message: 'broken', retryable: true });
    expect(steps.c?.status).toBe('skipped');
  });

  it('skips its dependents, and theirs, when it says so, and nobody else', async () => {
    const { dispatcher, recorder } = await makeHarness({ agents: { work: fails } });
    const echo = (id: string, dependsOn: string[]) => ({ id, capability: 'echo', dependsOn });
    const handle = await dispatcher.submit(
      workflow([
        step('a', { onError: 'skip', retry: ONCE }),
        echo('free', []),
        echo('b', ['a', 'free']),
        echo('c', ['b']),
        echo('d', ['free']),
      ]),
    );
    const { status, steps } = await handle.result();
    expect(status).toBe('completed');
    expect(Object.values(steps).map((record) => record.status)).toEqual([
      'failed',
      'completed',
      'skipped',
      'skipped',
      'completed',
    ]);
    expect(recorder.of('step.skipped').map(({ reason }) => reason)).toEqual(['dependency', 'dependency']);
  });
});

describe('what an agent answers', () => {
  it('is null when it is nothing', async () => {
    const { dispatcher } = await makeHarness({ agents: { work: () => undefined } });
    expect((await (await dispatcher.submit(workflow([step('a')]))).result()).steps.a).toMatchObject({
      status: 'completed',
      output: null,
    });
  });

  it.each([
    ['a date', new Date()],
    ['NaN', { n: Number.NaN }],
    ['a BigInt', 1n],
    ['nested deeper than can be kept', deep(100)],
  ])('fails the step for good when it is %s', async (_name, output) => {
    const { dispatcher, pool } = await makeHarness();
    pool.add({ capability: 'raw', factory: rawFactory(() => Promise.resolve(output)) });
    await pool.whenProvisioned();
    const { steps } = await (await dispatcher.submit(workflow([{ id: 'a', capability: 'raw' }]))).result();
    expect(steps.a).toMatchObject({
      status: 'failed',
      attempts: 1,
      error: { code: 'STEP_OUTPUT_INVALID', retryable: false },
    });
  });

  it.each([
    ['null', null, 'null'],
    ['a string', 'plain', 'plain'],
    ['nothing', undefined, 'undefined'],
    ['a frozen error', Object.freeze(new Error('cold')), 'cold'],
    ['an object without a prototype', Object.create(null) as object, 'unknown error'],
  ])('may be thrown, even %s', async (_name, thrown, message) => {
    const { dispatcher } = await makeHarness({ agents: { work: () => reject(thrown) } });
    const { status, steps } = await (
      await dispatcher.submit(workflow([step('a', { retry: ONCE })]))
    ).result();
    expect(status).toBe('failed');
    expect(steps.a?.error).toMatchObject({ code: 'AGENT_ERROR', message });
  });

  it('may be thrown before there is a promise', async () => {
    const { dispatcher, pool, leases } = await makeHarness();
    const thrower = () => {
      throw new Error('at once');
    };
    pool.add({ capability: 'raw', factory: rawFactory(thrower) });
    await pool.whenProvisioned();
    const { steps } = await (
      await dispatcher.submit(workflow([{ id: 'a', capability: 'raw', retry: ONCE }]))
    ).result();
    expect(steps.a?.error?.message).toBe('at once');
    expect(leases()).toBe(0);
  });

  it('may be an error of its own Deadline, which is no timeout of the step', async () => {
    const { dispatcher } = await makeHarness({
      agents: { work: () => Promise.reject(new AbortedError('timeout', 'its own')) },
    });
    const { steps } = await (
      await dispatcher.submit(workflow([step('a', { retry: ONCE, timeoutMs: 1_000 })]))
    ).result();
    expect(steps.a?.error).toMatchObject({ code: 'TIMEOUT', message: 'its own' });
  });

  it('may be an error whose details are too deep to be kept: they are left out', async () => {
    const error = new AbortedError('cancel', 'deep', { details: { deep: deep(99) } });
    const { dispatcher } = await makeHarness({ agents: { work: () => Promise.reject(error) } });
    const { status, steps } = await (
      await dispatcher.submit(workflow([step('a', { retry: ONCE })]))
    ).result();
    expect([status, steps.a?.error]).toEqual([
      'failed',
      { code: 'CANCELLED', message: 'deep', retryable: false },
    ]);
  });
});

describe('progress', () => {
  it('is logged and published, up to a bound an attempt', async () => {
    const { dispatcher, recorder } = await makeHarness({
      agents: {
        work: (_task, { progress }) => {
          for (let n = 0; n < MAX_PROGRESS_EVENTS + 50; n++)
            progress({ progress: n, total: 200, message: `at ${n}` });
        },
      },
    });
    const handle = await dispatcher.submit(workflow([step('a')]));
    await handle.result();
    expect(recorder.of('step.progress')).toHaveLength(MAX_PROGRESS_EVENTS);
    expect(recorder.of('step.progress')[1]).toMatchObject({
      stepId: 'a',
      attempt: 1,
      progress: 1,
      total: 200,
      message: 'at 1',
    });
    const logged = (await collect(handle.events())).filter(({ type }) => type === 'step.progress');
    expect(logged).toHaveLength(MAX_PROGRESS_EVENTS);
  });

  it('cannot harm the run, whatever is reported', async () => {
    const reports: unknown[] = [
      undefined,
      null,
      'half',
      {},
      { progress: Number.NaN },
      { progress: '1' },
      { progress: 1, total: Number.NaN, message: Symbol('x') },
      { progress: 2, total: 10n, message: 'x'.repeat(MAX_PROGRESS_MESSAGE_LENGTH + 1) },
    ];
    const { dispatcher, recorder } = await makeHarness({
      agents: { work: (_task, { progress }) => reports.forEach((report) => progress(report as never)) },
    });
    expect((await (await dispatcher.submit(workflow([step('a')]))).result()).status).toBe('completed');
    expect(recorder.of('step.progress')).toMatchObject([
      { progress: 1, total: null, message: null },
      { progress: 2, total: null, message: 'x'.repeat(MAX_PROGRESS_MESSAGE_LENGTH) },
    ]);
  });

  it('is dropped after the end of its attempt', async () => {
    const work = new GatedAgent();
    const { dispatcher, recorder, clock } = await makeHarness({ agents: { work: work.run } });
    const handle = await dispatcher.submit(workflow([step('a', { retry: { maxAttempts: 2 } })]));
    const first = await work.call(1);
    first.fail(new Error('no'));
    await turn();
    first.context.progress({ progress: 1 });
    await clock.advance(1_000);
    const second = await work.call(2);
    first.context.progress({ progress: 2 });
    second.context.progress({ progress: 3 });
    second.succeed();
    await handle.result();
    second.context.progress({ progress: 4 });
    await turn();
    expect(recorder.of('step.progress').map(({ progress }) => progress)).toEqual([3]);
  });
});

function deep(levels: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < levels; level++) value = [value];
  return value;
}

/** Agents without what `CallableAgent` adds. */
function rawFactory(execute: () => Promise<unknown>) {
  return {
    kind: 'raw',
    create: () =>
      Promise.resolve({ execute, ping: () => Promise.resolve(), dispose: () => Promise.resolve() }),
  };
}

function reject(reason: unknown): Promise<never> {
  return Promise.reject(reason);
}
