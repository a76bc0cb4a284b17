import type { AbortedError } from '#core';
import { GatedAgent } from './testing/gated-agent.js';
import { closeHarnesses, makeHarness, makeSharedStore } from './testing/make-harness.js';
import { turn, until } from './testing/until.js';
import { collect, rejection, step, workflow } from './testing/workflows.js';

afterEach(closeHarnesses);

describe('a drain', () => {
  it('runs what is queued to its end, lets nobody in, and reports', async () => {
    const work = new GatedAgent();
    const { dispatcher, clock, leases } = await makeHarness({
      agents: { work: work.run },
      maxConcurrentWorkflows: 1,
    });
    const handles = [
      await dispatcher.submit(workflow([step('a')])),
      await dispatcher.submit(workflow([step('b')])),
    ];
    await work.call(1);
    const draining = dispatcher.drain();
    expect(await rejection(dispatcher.submit(workflow([step('c')])))).toMatchObject({
      code: 'SHUTTING_DOWN',
      retryable: true,
    });
    expect((await dispatcher.status()).accepting).toBe(false);
    await clock.advance(1_000);
    (await work.call(1)).succeed();
    (await work.call(2)).succeed();
    expect(await draining).toEqual({ durationMs: 1_000, remaining: 0, abandoned: 0, lost: false });
    for (const handle of handles) expect((await handle.result()).status).toBe('completed');
    expect([clock.timerCount, leases()]).toEqual([0, 0]);
  });

  it('twice gives the same report', async () => {
    const { dispatcher, clock } = await makeHarness();
    const report = await dispatcher.drain();
    await clock.advance(100);
    expect(await dispatcher.drain()).toBe(report);
    expect(report).toEqual({ durationMs: 0, remaining: 0, abandoned: 0, lost: false });
  });

  it('waits for a submit that was let in, and runs it', async () => {
    const { dispatcher, queue } = await makeHarness();
    const add = queue.add.bind(queue);
    let draining: Promise<unknown> | undefined;
    jest.spyOn(queue, 'add').mockImplementationOnce(async (data, options) => {
      draining = dispatcher.drain();
      await turn();
      return add(data, options);
    });
    const handle = await dispatcher.submit(workflow([{ id: 'a', capability: 'echo' }]));
    expect(await draining).toMatchObject({ remaining: 0, lost: false });
    expect((await handle.result()).status).toBe('completed');
  });

  it('aborts with `shutdown` what outlives the grace, and reports what is lost', async () => {
    const work = new GatedAgent();
    const { dispatcher, clock, leases } = await makeHarness({
      agents: { work: work.run },
      maxConcurrentWorkflows: 2,
      gracePeriodMs: 1_000,
    });
    const handles = [];
    for (const id of ['a', 'b', 'c']) handles.push(await dispatcher.submit(workflow([step(id)])));
    const { context } = await work.call(2);
    const unfinished = handles.map((handle) => rejection(handle.result()));
    const waited = dispatcher.wait(handles[0]?.executionId ?? '');
    const streamed = collect(dispatcher.events(handles[0]?.executionId ?? ''));
    const draining = dispatcher.drain();
    await clock.advance(999);
    expect(context.signal.aborted).toBe(false);
    await clock.advance(1);
    expect((context.signal.reason as AbortedError).kind).toBe('shutdown');
    expect(await draining).toEqual({ durationMs: 1_000, remaining: 3, abandoned: 0, lost: true });
    for (const error of await Promise.all(unfinished))
      expect(error).toMatchObject({ code: 'SHUTTING_DOWN', retryable: true });
    expect((await waited).status).toBe('running');
    expect((await streamed).map(({ type }) => type)).toEqual([
      'execution.queued',
      'execution.started',
      'step.started',
    ]);
    expect((await dispatcher.get(handles[0]?.executionId ?? '')).steps.a?.status).toBe('running');
    expect(work.calls).toHaveLength(2);
    expect([clock.timerCount, leases()]).toEqual([0, 0]);
  });

  it('counts the tasks that it had to give up', async () => {
    const work = new GatedAgent({ deaf: true });
    const { dispatcher, clock, pool } = await makeHarness({
      agents: { work: work.run },
      gracePeriodMs: 0,
      abortGraceMs: 200,
    });
    await dispatcher.submit(workflow([step('a')]));
    const call = await work.call(1);
    const draining = dispatcher.drain();
    await clock.advance(200);
    expect(await draining).toEqual({ durationMs: 200, remaining: 1, abandoned: 1, lost: true });
    expect(pool.pool('work')?.performance.abandoned).toBe(1);
    call.context.progress({ progress: 1 });
    call.succeed('late');
    await turn();
    expect(clock.timerCount).toBe(0);
  });

  it('keeps the result of a task that settles after the abort: its work is done', async () => {
    const work = new GatedAgent({ deaf: true });
    const { dispatcher, clock } = await makeHarness({ agents: { work: work.run }, gracePeriodMs: 10 });
    const whole = await dispatcher.submit(workflow([step('a')]));
    const part = await dispatcher.submit(workflow([step('b'), step('c', { dependsOn: ['b'] })]));
    const calls = [await work.call(1), await work.call(2)];
    const draining = dispatcher.drain();
    await clock.advance(10);
    for (const call of calls) call.succeed('done');
    expect(await draining).toMatchObject({ remaining: 1, abandoned: 0 });
    expect((await whole.result()).status).toBe('completed');
    expect(await dispatcher.get(part.executionId)).toMatchObject({
      status: 'running',
      steps: { b: { status: 'completed', output: 'done' }, c: { status: 'pending' } },
    });
  });

  it('ends with the last waiting execution that is cancelled', async () => {
    const { dispatcher, queue, clock } = await makeHarness();
    const handle = await dispatcher.submit(workflow([{ id: 'a', capability: 'echo' }]));
    await handle.result();
    const later = await makeHarness();
    jest.spyOn(later.runner, 'run').mockRejectedValueOnce(new Error('later'));
    const delayed = await later.dispatcher.submit(workflow([{ id: 'a', capability: 'echo' }]));
    while ((await later.queue.counts()).delayed === 0) await turn();
    const draining = later.dispatcher.drain();
    await turn();
    await delayed.cancel();
    expect(await draining).toMatchObject({ durationMs: 0, remaining: 0 });
    expect([(await queue.counts()).active, clock.timerCount]).toEqual([0, 0]);
  });
});

describe('closing the application', () => {
  it('drains by itself and leaves nothing behind', async () => {
    const work = new GatedAgent();
    const { app, dispatcher, clock, events, recorder, leases } = await makeHarness({
      agents: { work: work.run },
      store: makeSharedStore(),
    });
    const handle = await dispatcher.submit(workflow([step('a')]));
    const call = await work.call(1);
    const closed = app.close();
    await turn();
    call.succeed('in time');
    await until(() => recorder.of('execution.completed').length > 0);
    await closed;
    expect((await dispatcher.get(handle.executionId)).steps.a?.output).toBe('in time');
    recorder.stop();
    expect([clock.timerCount, events.listenerCount, leases()]).toEqual([0, 0, 0]);
  });
});
