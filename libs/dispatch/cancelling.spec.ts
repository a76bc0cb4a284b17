import type { AbortedError } from '#core';
import { GatedAgent } from './testing/gated-agent.js';
import { closeHarnesses, makeHarness } from './testing/make-harness.js';
import { turn } from './testing/until.js';
import { ONCE, collect, rejection, step, workflow } from './testing/workflows.js';

afterEach(closeHarnesses);

describe('cancelling', () => {
  it('a waiting execution ends it before it began', async () => {
    const work = new GatedAgent();
    const { dispatcher, recorder, clock } = await makeHarness({
      agents: { work: work.run },
      maxConcurrentWorkflows: 1,
    });
    const busy = await dispatcher.submit(workflow([step('busy')]));
    await work.call(1);
    const handle = await dispatcher.submit(workflow([step('a')]));
    const summary = await dispatcher.cancel(handle.executionId, 'changed my mind');
    expect(summary.cancelRequestedAt).toBe(clock.timestamp());
    const execution = await handle.result();
    expect(execution).toMatchObject({
      status: 'cancelled',
      startedAt: null,
      error: {
        code: 'EXECUTION_CANCELLED',
        message: 'the execution was cancelled: changed my mind',
        retryable: false,
      },
    });
    expect(execution.steps.a?.status).toBe('pending');
    work.calls[0]?.succeed();
    await busy.result();
    await turn();
    expect(work.calls).toHaveLength(1);
    expect(recorder.of('execution.cancelled')).toHaveLength(1);
  });

  it('a running execution aborts its tasks, and ends it when they have settled', async () => {
    const work = new GatedAgent({ deaf: true });
    const { dispatcher, clock, leases } = await makeHarness({
      agents: { work: work.run },
      maxConcurrentSteps: 1,
    });
    const handle = await dispatcher.submit(workflow([step('a'), step('b')]));
    const { context, succeed } = await work.call(1);
    await clock.advance(5);
    await handle.cancel();
    expect((context.signal.reason as AbortedError).kind).toBe('cancel');
    const { status, cancelRequestedAt } = await dispatcher.get(handle.executionId);
    expect({ status, cancelRequestedAt }).toEqual({
      status: 'running',
      cancelRequestedAt: clock.timestamp(),
    });
    succeed('too late');
    const execution = await handle.result();
    expect(execution.status).toBe('cancelled');
    expect(execution.steps.a).toMatchObject({
      status: 'cancelled',
      output: null,
      error: { code: 'CANCELLED' },
    });
    expect(execution.steps.b?.status).toBe('pending');
    expect([clock.timerCount, leases()]).toEqual([0, 0]);
  });

  it('ends a back-off at once, and leaves no timer', async () => {
    const work = new GatedAgent();
    const { dispatcher, clock } = await makeHarness({ agents: { work: work.run } });
    const handle = await dispatcher.submit(
      workflow([step('a', { retry: { baseDelayMs: 60_000, maxDelayMs: 60_000 } })]),
    );
    (await work.call(1)).fail(new Error('no'));
    await turn();
    await handle.cancel();
    expect((await handle.result()).steps.a).toMatchObject({ status: 'cancelled', attempts: 1 });
    expect(clock.timerCount).toBe(0);
  });

  it('ends the wait for an agent at once, and the step stays pending', async () => {
    const work = new GatedAgent();
    const { dispatcher, leases } = await makeHarness({
      agents: { work: work.run },
      pool: { size: { min: 1 } },
    });
    const busy = await dispatcher.submit(workflow([step('busy')]));
    await work.call(1);
    const handle = await dispatcher.submit(workflow([step('a')]));
    while (leases() < 2) await turn();
    await handle.cancel();
    expect((await handle.result()).steps.a).toMatchObject({ status: 'pending', attempts: 0 });
    expect(leases()).toBe(1);
    work.calls[0]?.succeed();
    await busy.result();
    expect(leases()).toBe(0);
  });

  it('a finished execution is refused', async () => {
    const { dispatcher } = await makeHarness();
    const handle = await dispatcher.submit(workflow([{ id: 'a', capability: 'echo' }]));
    await handle.result();
    expect(await rejection(handle.cancel())).toMatchObject({
      code: 'EXECUTION_FINISHED',
      details: { status: 'completed' },
    });
    expect((await dispatcher.get(handle.executionId)).cancelRequestedAt).toBeNull();
  });

  it('twice is once: the first request stands', async () => {
    const work = new GatedAgent({ deaf: true });
    const { dispatcher, clock } = await makeHarness({ agents: { work: work.run } });
    const handle = await dispatcher.submit(workflow([step('a')]));
    await work.call(1);
    const first = await dispatcher.cancel(handle.executionId, 'one');
    await clock.advance(10);
    const second = await dispatcher.cancel(handle.executionId, 'two');
    expect(second.cancelRequestedAt).toBe(first.cancelRequestedAt);
    work.calls[0]?.succeed();
    expect((await handle.result()).error?.message).toBe('the execution was cancelled: one');
  });

  it.each([
    ['waiting', 1],
    ['running', 10],
  ])('fifty times at once ends a %s execution once', async (_state, maxConcurrentWorkflows) => {
    const work = new GatedAgent();
    const { dispatcher } = await makeHarness({ agents: { work: work.run }, maxConcurrentWorkflows });
    await dispatcher.submit(workflow([step('busy')]));
    await work.call(1);
    const handle = await dispatcher.submit(workflow([step('a')]));
    if (maxConcurrentWorkflows > 1) await work.call(2);
    const outcomes = await Promise.allSettled(Array.from({ length: 50 }, () => handle.cancel()));
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'EXECUTION_FINISHED' });
    }
    expect((await handle.result()).status).toBe('cancelled');
    const events = await collect(handle.events());
    expect(events.filter(({ type }) => type === 'execution.cancelled')).toHaveLength(1);
  });

  it('an execution that is not in the queue yet ends it, and its job finds nothing to do', async () => {
    const work = new GatedAgent();
    const { dispatcher, queue } = await makeHarness({ agents: { work: work.run } });
    const add = queue.add.bind(queue);
    let executionId = '';
    jest.spyOn(queue, 'add').mockImplementationOnce(async (data, options) => {
      ({ executionId } = data);
      await dispatcher.cancel(executionId);
      return add(data, options);
    });
    const handle = await dispatcher.submit(workflow([step('a')]));
    expect(handle.executionId).toBe(executionId);
    expect((await handle.result()).status).toBe('cancelled');
    await turn();
    expect(work.calls).toHaveLength(0);
    expect(await queue.counts()).toMatchObject({ waiting: 0, active: 0, delayed: 0, failed: 0 });
  });

  it('an execution that never reached the queue ends it', async () => {
    const { dispatcher, queue } = await makeHarness();
    jest.spyOn(queue, 'add').mockRejectedValueOnce(new Error('connection lost'));
    await rejection(dispatcher.submit(workflow([{ id: 'a', capability: 'echo' }])));
    const [orphan] = (await dispatcher.list()).items;
    await dispatcher.cancel(orphan?.executionId ?? '');
    expect((await dispatcher.wait(orphan?.executionId ?? '', { waitMs: 0 })).status).toBe('cancelled');
  });

  it('an execution that nobody runs any more ends it, its begun steps as well', async () => {
    const work = new GatedAgent();
    const { dispatcher, queue, store } = await makeHarness({ agents: { work: work.run } });
    const handle = await dispatcher.submit(workflow([step('a')]));
    const call = await work.call(1);
    await turn();
    jest.spyOn(store, 'commit').mockRejectedValue(new Error('gone'));
    call.succeed();
    while ((await queue.counts()).delayed === 0) await turn();
    jest.restoreAllMocks();
    expect((await dispatcher.get(handle.executionId)).steps.a?.status).toBe('running');
    await handle.cancel();
    const { status, steps } = await handle.result();
    expect([status, steps.a?.status, steps.a?.attempts]).toEqual(['cancelled', 'cancelled', 1]);
    expect((await collect(handle.events())).map(({ type }) => type).slice(-2)).toEqual([
      'step.cancelled',
      'execution.cancelled',
    ]);
  });
});

describe('a retry', () => {
  it('runs what was not completed, and only that', async () => {
    const work = new GatedAgent();
    const { dispatcher, recorder } = await makeHarness({ agents: { work: work.run } });
    const handle = await dispatcher.submit(
      workflow([step('a'), step('b', { dependsOn: ['a'], retry: ONCE }), step('c', { dependsOn: ['b'] })], {
        output: '{% $steps.a.output & $steps.c.output %}',
      }),
      { idempotencyKey: 'key' },
    );
    (await work.call(1)).succeed('A');
    (await work.call(2)).fail(new Error('no'));
    expect((await handle.result()).status).toBe('failed');
    const again = await dispatcher.retry(handle.executionId);
    expect(again.executionId).toBe(handle.executionId);
    const pending = await work.call(3);
    // Its start is written at the end of the turn.
    await turn();
    expect(await dispatcher.get(handle.executionId)).toMatchObject({
      finishedAt: null,
      error: null,
      steps: { a: { status: 'completed' }, b: { attempts: 1, error: null } },
    });
    pending.succeed('B');
    (await work.call(4)).succeed('C');
    expect(await again.result()).toMatchObject({ status: 'completed', output: 'AC', error: null });
    expect(work.stepIds).toEqual(['a', 'b', 'b', 'c']);
    expect(recorder.of('execution.queued').map(({ retry }) => retry)).toEqual([false, true]);
    const repeat = await dispatcher.submit(
      workflow([step('a'), step('b', { dependsOn: ['a'], retry: ONCE }), step('c', { dependsOn: ['b'] })], {
        output: '{% $steps.a.output & $steps.c.output %}',
      }),
      { idempotencyKey: 'key' },
    );
    expect(repeat.executionId).toBe(handle.executionId);
  });

  it('is told of its own end, though the log holds an earlier one of the same millisecond', async () => {
    const work = new GatedAgent();
    const { dispatcher } = await makeHarness({ agents: { work: work.run } });
    const handle = await dispatcher.submit(workflow([step('a', { retry: ONCE })]));
    (await work.call(1)).fail(new Error('one'));
    await handle.result();
    await dispatcher.retry(handle.executionId);
    const second = await work.call(2);
    const [waited, result, early] = [
      dispatcher.wait(handle.executionId, { waitMs: 1_000 }),
      handle.result(),
      collect(handle.events()),
    ];
    second.fail(new Error('two'));
    for (const { error } of [await waited, await result]) expect(error?.message).toContain('two');
    for (const events of [await early, await collect(handle.events())]) {
      expect(events.filter(({ type }) => type === 'execution.failed').map(({ run }) => run)).toEqual([1, 2]);
    }
  });

  it('of an execution that was cancelled or ran out of time runs it anew, with all its time', async () => {
    const work = new GatedAgent();
    const { dispatcher, clock } = await makeHarness({ agents: { work: work.run } });
    const handle = await dispatcher.submit(workflow([step('a')]), { timeoutMs: 100 });
    await work.call(1);
    await clock.advance(100);
    expect((await handle.result()).status).toBe('timed_out');
    await dispatcher.retry(handle.executionId);
    await work.call(2);
    await clock.advance(99);
    await handle.cancel();
    expect((await handle.result()).status).toBe('cancelled');
    await dispatcher.retry(handle.executionId);
    (await work.call(3)).succeed();
    expect(await handle.result()).toMatchObject({
      status: 'completed',
      cancelRequestedAt: null,
      steps: { a: { attempts: 1 } },
    });
  });

  it('keeps what completed behind a step that runs again', async () => {
    const work = new GatedAgent();
    const { dispatcher } = await makeHarness({ agents: { work: work.run } });
    const handle = await dispatcher.submit(
      workflow([
        step('a', { onError: 'continue', retry: ONCE }),
        step('b', { dependsOn: ['a'] }),
        step('c', { dependsOn: ['b'], retry: ONCE }),
      ]),
    );
    (await work.call(1)).fail(new Error('a'));
    (await work.call(2)).succeed('b');
    (await work.call(3)).fail(new Error('c'));
    await handle.result();
    await dispatcher.retry(handle.executionId);
    const again = [await work.call(4), await work.call(5)];
    expect(again.map(({ task }) => task.stepId).sort()).toEqual(['a', 'c']);
    for (const call of again) call.succeed();
    expect((await handle.result()).status).toBe('completed');
    expect(work.calls).toHaveLength(5);
  });

  it('asked for twice at once is one', async () => {
    const work = new GatedAgent();
    const { dispatcher } = await makeHarness({ agents: { work: work.run } });
    const handle = await dispatcher.submit(workflow([step('a', { retry: ONCE })]));
    (await work.call(1)).fail(new Error('no'));
    await handle.result();
    const outcomes = await Promise.allSettled([
      dispatcher.retry(handle.executionId),
      dispatcher.retry(handle.executionId),
    ]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const refused = outcomes.find((outcome) => outcome.status === 'rejected');
    expect(refused?.reason).toMatchObject({ code: 'EXECUTION_NOT_RETRYABLE' });
    await work.call(2);
    expect((await rejection(dispatcher.retry(handle.executionId))).code).toBe('EXECUTION_NOT_RETRYABLE');
  });

  it('of a completed execution is refused', async () => {
    const { dispatcher } = await makeHarness();
    const handle = await dispatcher.submit(workflow([{ id: 'a', capability: 'echo' }]));
    await handle.result();
    expect((await rejection(dispatcher.retry(handle.executionId))).code).toBe('EXECUTION_NOT_RETRYABLE');
  });
});
