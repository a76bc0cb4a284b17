import { MAX_DELAY_MS } from '#core';
import { GatedAgent } from './testing/gated-agent.js';
import { closeHarnesses, makeHarness } from './testing/make-harness.js';
import { turn, until } from './testing/until.js';
import { ONCE, collect, rejection, step, workflow } from './testing/workflows.js';

afterEach(closeHarnesses);

describe('a submitted workflow', () => {
  it('runs to its end and answers with its output', async () => {
    const { dispatcher, clock, recorder } = await makeHarness({ agents: { work: ({ input }) => input } });
    const handle = await dispatcher.submit(
      workflow(
        [
          step('a', { input: { n: '{% $input.n + 1 %}' } }),
          step('b', { dependsOn: ['a'], input: '{% $steps.a.output.n * 2 %}' }),
        ],
        {
          output: { b: '{% $steps.b.output %}' },
          metadata: { team: 'x' },
        },
      ),
      { input: { n: 3 } },
    );
    const execution = await handle.result();
    expect(execution).toMatchObject({
      executionId: handle.executionId,
      workflowId: 'wf',
      status: 'completed',
      priority: 5,
      timeoutMs: 300_000,
      strategy: 'parallel-coordinated',
      submittedAt: clock.timestamp(),
      startedAt: clock.timestamp(),
      finishedAt: clock.timestamp(),
      cancelRequestedAt: null,
      error: null,
      input: { n: 3 },
      output: { b: 8 },
      metadata: { team: 'x' },
      steps: {
        a: { status: 'completed', attempts: 1, output: { n: 4 }, error: null },
        b: { status: 'completed', attempts: 1, output: 8, error: null },
      },
    });
    expect(recorder.all.map(({ type }) => type).filter((type) => !type.startsWith('agent'))).toEqual([
      'execution.queued',
      'execution.started',
      'step.started',
      'step.completed',
      'step.started',
      'step.completed',
      'execution.completed',
    ]);
  });

  it('has every step listed, in document order, before any began', async () => {
    const work = new GatedAgent();
    const { dispatcher } = await makeHarness({ agents: { work: work.run }, maxConcurrentWorkflows: 1 });
    await dispatcher.submit(workflow([step('x')]));
    await work.call(1);
    const { executionId } = await dispatcher.submit(workflow([step('b', { dependsOn: ['a'] }), step('a')]));
    const { status, steps, strategy, startedAt } = await dispatcher.get(executionId);
    expect({ status, strategy, startedAt }).toEqual({ status: 'pending', strategy: null, startedAt: null });
    expect(Object.keys(steps)).toEqual(['b', 'a']);
    expect(steps.a).toEqual({
      status: 'pending',
      attempts: 0,
      agentId: null,
      startedAt: null,
      finishedAt: null,
      output: null,
      error: null,
    });
    expect((await dispatcher.handle(executionId)).executionId).toBe(executionId);
  });

  it('tells its events in order, each at a position to resume behind, up to the final one', async () => {
    const { dispatcher } = await makeHarness();
    const handle = await dispatcher.submit(workflow([{ id: 'a', capability: 'echo' }]));
    const events = await collect(handle.events());
    const types = [
      'execution.queued',
      'execution.started',
      'step.started',
      'step.completed',
      'execution.completed',
    ];
    expect(events.map(({ type }) => type)).toEqual(types);
    expect(new Set(events.map(({ position }) => position)).size).toBe(5);
    const resumed = await collect(handle.events({ after: events[2]?.position }));
    expect(resumed).toEqual(events.slice(3));
  });

  it('ends a stream at once that resumes behind the final event', async () => {
    const { dispatcher } = await makeHarness();
    const handle = await dispatcher.submit(workflow([{ id: 'a', capability: 'echo' }]));
    const last = (await collect(handle.events())).at(-1);
    expect(await collect(handle.events({ after: last?.position }))).toEqual([]);
  });

  it('ends a stream or a wait when its signal aborts, and leaves no timer', async () => {
    const work = new GatedAgent();
    const { dispatcher, clock } = await makeHarness({ agents: { work: work.run } });
    const { executionId } = await dispatcher.submit(workflow([step('a')]));
    await work.call(1);
    const timers = clock.timerCount;
    const stopping = new AbortController();
    const streamed = collect(dispatcher.events(executionId, { signal: stopping.signal }));
    const waited = rejection(dispatcher.wait(executionId, { waitMs: 1_000, signal: stopping.signal }));
    await turn();
    const reason = new Error('enough');
    stopping.abort(reason);
    expect((await streamed).length).toBeGreaterThan(0);
    expect(await waited).toBe(reason);
    expect(await rejection(dispatcher.wait(executionId, { signal: stopping.signal }))).toBe(reason);
    expect(await collect(dispatcher.events(executionId, { signal: stopping.signal }))).toEqual([]);
    expect(clock.timerCount).toBe(timers);
  });

  it('is told as it is when the time to wait is over', async () => {
    const work = new GatedAgent();
    const { dispatcher, clock } = await makeHarness({ agents: { work: work.run } });
    const { executionId } = await dispatcher.submit(workflow([step('a')]));
    await work.call(1);
    await turn();
    expect((await dispatcher.wait(executionId, { waitMs: 0 })).status).toBe('running');
    const waited = dispatcher.wait(executionId, { waitMs: 1_000 });
    await clock.advance(1_000);
    expect((await waited).status).toBe('running');
    const second = dispatcher.wait(executionId, { waitMs: 1_000 });
    (await work.call(1)).succeed('late');
    expect((await second).status).toBe('completed');
  });

  it('has no stranger told of it', async () => {
    const { dispatcher } = await makeHarness();
    for (const call of [
      dispatcher.get('nobody'),
      dispatcher.wait('nobody'),
      dispatcher.handle('nobody'),
      dispatcher.cancel('nobody'),
      dispatcher.retry('nobody'),
      collect(dispatcher.events('nobody')),
    ]) {
      expect((await rejection(call)).code).toBe('EXECUTION_NOT_FOUND');
    }
  });

  it('takes what the request says before what the document says, and that before the defaults', async () => {
    const { dispatcher } = await makeHarness({ defaultTimeoutMs: 77 });
    const one = [{ id: 'a', capability: 'echo' }];
    const document = workflow(one, { priority: 2, timeoutMs: 1_000 });
    const facts = async (...args: Parameters<typeof dispatcher.submit>) => {
      const { priority, timeoutMs } = await (await dispatcher.submit(...args)).result();
      return { priority, timeoutMs };
    };
    expect(await facts(document, { priority: 0, timeoutMs: MAX_DELAY_MS })).toEqual({
      priority: 0,
      timeoutMs: MAX_DELAY_MS,
    });
    expect(await facts(document)).toEqual({ priority: 2, timeoutMs: 1_000 });
    expect(await facts(workflow(one))).toEqual({ priority: 5, timeoutMs: 77 });
  });
});

describe('the order of executions', () => {
  it('is by priority, and first in, first out within one', async () => {
    const work = new GatedAgent();
    const { dispatcher } = await makeHarness({ agents: { work: work.run }, maxConcurrentWorkflows: 1 });
    const submit = (name: string, priority: number) =>
      dispatcher.submit(workflow([step(name)]), { priority });
    await submit('first', 5);
    await work.call(1);
    for (const [name, priority] of [
      ['low1', 0],
      ['mid1', 5],
      ['top1', 10],
      ['low2', 0],
      ['mid2', 5],
      ['top2', 10],
    ] as const)
      await submit(name, priority);
    for (let nth = 1; nth <= 7; nth++) (await work.call(nth)).succeed();
    expect(work.stepIds).toEqual(['first', 'top1', 'top2', 'mid1', 'mid2', 'low1', 'low2']);
  });

  it('runs as many workflows at once as allowed, and never more', async () => {
    const work = new GatedAgent();
    const { dispatcher } = await makeHarness({ agents: { work: work.run }, maxConcurrentWorkflows: 3 });
    const handles = await Promise.all(
      Array.from({ length: 10 }, () => dispatcher.submit(workflow([step('a')]))),
    );
    expect(await dispatcher.status()).toMatchObject({ accepting: true, running: 3, waiting: 7 });
    for (let nth = 1; nth <= 10; nth++) {
      const call = await work.call(nth);
      await until(() => work.running === Math.min(3, 11 - nth));
      call.succeed();
    }
    await Promise.all(handles.map((handle) => handle.result()));
    expect(work.maxRunning).toBe(3);
  });
});

describe('the steps of an execution', () => {
  it('run together when they are independent, up to maxConcurrentSteps', async () => {
    const work = new GatedAgent();
    const { dispatcher } = await makeHarness({ agents: { work: work.run }, maxConcurrentSteps: 4 });
    const steps = Array.from({ length: 9 }, (_, place) => step(`s${place}`));
    const handle = await dispatcher.submit(workflow(steps));
    await work.call(4);
    await turn();
    expect(work.calls).toHaveLength(4);
    for (let nth = 1; nth <= 9; nth++) (await work.call(nth)).succeed(nth);
    expect((await handle.result()).status).toBe('completed');
    expect(work.maxRunning).toBe(4);
  });

  it('run one at a time in the topological order of the document when its mode is sequential', async () => {
    const work = new GatedAgent();
    const { dispatcher } = await makeHarness({ agents: { work: work.run } });
    const handle = await dispatcher.submit(
      workflow(
        [step('a'), step('a2', { dependsOn: ['a'] }), step('c', { dependsOn: ['d'] }), step('b'), step('d')],
        { mode: 'sequential' },
      ),
    );
    for (let nth = 1; nth <= 5; nth++) (await work.call(nth)).succeed();
    const execution = await handle.result();
    expect(execution.strategy).toBe('sequential-safe');
    expect(work.stepIds).toEqual(['a', 'a2', 'd', 'c', 'b']);
    expect(work.maxRunning).toBe(1);
  });

  it('take the mode of the options when the document names none', async () => {
    const { dispatcher } = await makeHarness({ mode: 'sequential' });
    const one = [{ id: 'a', capability: 'echo' }];
    expect((await (await dispatcher.submit(workflow(one))).result()).strategy).toBe('sequential-safe');
    expect((await (await dispatcher.submit(workflow(one, { mode: 'adaptive' }))).result()).strategy).toBe(
      'parallel-coordinated',
    );
  });

  it('begin only when all they depend on has ended', async () => {
    const work = new GatedAgent();
    const { dispatcher } = await makeHarness({ agents: { work: work.run } });
    const handle = await dispatcher.submit(
      workflow([step('a'), step('b'), step('c', { dependsOn: ['a', 'b'] })]),
    );
    (await work.call(1)).succeed();
    await turn();
    expect(work.stepIds).toEqual(['a', 'b']);
    (await work.call(2)).succeed();
    (await work.call(3)).succeed();
    await handle.result();
  });

  it('may be fifty at once, though each listens to the same signal, without being taken for a leak', async () => {
    const work = new GatedAgent();
    const { dispatcher } = await makeHarness({
      agents: { work: work.run },
      maxConcurrentSteps: 50,
      pool: { size: { min: 20 } },
    });
    const steps = Array.from({ length: 50 }, (_, n) => step(`s${n}`, n % 2 ? { timeoutMs: 60_000 } : {}));
    const handle = await dispatcher.submit(workflow(steps));
    for (let nth = 1; nth <= 50; nth++) {
      const { context, succeed } = await work.call(nth);
      expect(listenerLimitOf(context.signal)).toBe(0);
      succeed();
    }
    expect((await handle.result()).status).toBe('completed');
  });
});

describe('the listing of executions', () => {
  it('shows the newest first, page after page, without what may be large', async () => {
    const { dispatcher, clock } = await makeHarness();
    const ids: string[] = [];
    for (let n = 0; n < 120; n++) {
      if (n % 3 === 0) await clock.advance(1);
      const handle = await dispatcher.submit(
        workflow([{ id: 'a', capability: 'echo' }], { id: n % 2 ? 'odd' : 'even' }),
      );
      ids.unshift(handle.executionId);
    }
    const pages: string[][] = [];
    let cursor: string | undefined;
    do {
      const page = await dispatcher.list({ limit: 50, cursor });
      pages.push(page.items.map(({ executionId }) => executionId));
      for (const item of page.items) expect(item).not.toHaveProperty('steps');
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    expect(pages.map(({ length }) => length)).toEqual([50, 50, 20]);
    expect(pages.flat()).toEqual(ids);
  });

  it('filters by status, by workflow, and by both', async () => {
    const { dispatcher } = await makeHarness({ agents: { work: () => Promise.reject(new Error('no')) } });
    const run = async (id: string, capability: string) => {
      const handle = await dispatcher.submit(workflow([{ id: 'a', capability, retry: ONCE }], { id }));
      await handle.result();
      return handle.executionId;
    };
    const [x1, x2, y1] = [await run('x', 'echo'), await run('x', 'work'), await run('y', 'work')];
    const list = async (options: Parameters<typeof dispatcher.list>[0]) =>
      (await dispatcher.list(options)).items.map(({ executionId }) => executionId);
    expect(await list({ status: 'failed' })).toEqual([y1, x2]);
    expect(await list({ workflowId: 'x' })).toEqual([x2, x1]);
    expect(await list({ workflowId: 'x', status: 'failed' })).toEqual([x2]);
    expect(await list({ workflowId: 'x', status: 'running' })).toEqual([]);
    expect(await list({ workflowId: 'nobody' })).toEqual([]);
  });

  it('refuses a cursor it did not issue, and a limit out of range', async () => {
    const { dispatcher } = await makeHarness();
    expect((await rejection(dispatcher.list({ cursor: 'bogus' }))).code).toBe('INVALID_CURSOR');
    for (const limit of [0, 501, 1.5, Number.NaN]) {
      expect((await rejection(dispatcher.list({ limit }))).code).toBe('VALIDATION_FAILED');
    }
  });
});

/**
 * How many listeners Node takes for a leak; 0 is no limit. Jest keeps Node's warnings from its tests, and
 * `events.getMaxListeners` refuses a target without a limit.
 */
function listenerLimitOf(signal: AbortSignal): unknown {
  const limit = Object.getOwnPropertySymbols(signal).find(
    ({ description }) => description === 'events.maxEventTargetListeners',
  );
  return limit && Reflect.get(signal, limit);
}
