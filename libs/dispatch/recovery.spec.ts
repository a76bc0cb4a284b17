import { Logger } from '@nestjs/common';
import { ManualClock, type AbortedError, type JsonObject } from '#core';
import { StateError } from '#state';
import { GatedAgent } from './testing/gated-agent.js';
import { closeHarnesses, makeHarness, makeSharedStore, type Harness } from './testing/make-harness.js';
import { turn, until } from './testing/until.js';
import { ONCE, collect, rejection, step, workflow } from './testing/workflows.js';

beforeEach(() => jest.spyOn(Logger.prototype, 'error').mockReturnValue(undefined));
afterEach(closeHarnesses);
afterEach(() => jest.restoreAllMocks());

const chain = [step('a'), step('b', { dependsOn: ['a'] }), step('c', { dependsOn: ['b'] })];

/** Two workers over one store; the first is in step `b`. */
async function takeOver(options: { timeoutMs?: number; retry?: { maxAttempts: number } } = {}) {
  const [store, clock] = [makeSharedStore(), new ManualClock()];
  const [before, after] = [new GatedAgent({ deaf: true }), new GatedAgent()];
  const first = await makeHarness({ agents: { work: before.run }, store, clock });
  const second = await makeHarness({ agents: { work: after.run }, store, clock });
  const steps = chain.map((each) => ({ ...each, retry: options.retry }));
  const handle = await first.dispatcher.submit(workflow(steps), { timeoutMs: options.timeoutMs });
  (await before.call(1)).succeed('A');
  const call = await before.call(2);
  await turn();
  const control = new AbortController();
  return {
    first,
    second,
    before,
    after,
    call,
    handle,
    clock,
    store,
    run: () => second.runner.run(handle.executionId, control),
  };
}

describe('a worker that takes an execution over', () => {
  it('runs no completed step again, and the one in flight as its next attempt with the same idempotency key', async () => {
    const { after, call, handle, second, run } = await takeOver();
    const running = run();
    const again = await after.call(1);
    expect(again.task).toEqual({ ...call.task, attempt: 2 });
    expect(again.context.idempotencyKey).toBe(call.context.idempotencyKey);
    again.succeed('B');
    (await after.call(2)).succeed('C');
    await running;
    const execution = await second.dispatcher.get(handle.executionId);
    expect(execution).toMatchObject({
      status: 'completed',
      steps: { a: { attempts: 1 }, b: { attempts: 2, output: 'B' }, c: { attempts: 1 } },
    });
    expect(second.recorder.of('execution.started')).toMatchObject([{ recovered: true }]);
  });

  it('makes the one before stale: it can write nothing, its tasks are aborted, and its job finds nothing left to do', async () => {
    const { after, before, call, handle, first, second, run, clock } = await takeOver();
    const running = run();
    await after.call(1);
    await turn();
    const seen = first.recorder.all.length;
    call.succeed('old B');
    while ((await first.queue.counts()).active > 0) await turn();
    expect(before.calls).toHaveLength(2);
    expect(first.recorder.all.length).toBe(seen);
    const { status, steps } = await second.dispatcher.get(handle.executionId);
    expect([status, steps.b?.status, steps.b?.output]).toEqual(['running', 'running', null]);
    after.calls[0]?.succeed('new B');
    (await after.call(2)).succeed('C');
    await running;
    expect((await handle.result()).steps.b?.output).toBe('new B');
    expect(
      (await collect(handle.events())).filter(({ type }) => type === 'execution.completed'),
    ).toHaveLength(1);
    await clock.advance(10_000);
    expect(await first.queue.counts()).toMatchObject({ waiting: 0, delayed: 0, active: 0 });
    expect(before.calls).toHaveLength(2);
  });

  it('goes on when the claim that made it stale is that of one who does not', async () => {
    const [store, clock] = [makeSharedStore(), new ManualClock()];
    const work = new GatedAgent();
    const { dispatcher, leases } = await makeHarness({ agents: { work: work.run }, store, clock });
    const handle = await dispatcher.submit(workflow([step('a'), step('b', { dependsOn: ['a'] })]));
    const a = await work.call(1);
    await turn();
    // As of a worker whose event loop was blocked between its job, which it lost meanwhile, and its claim.
    await store.claim(`execution:${handle.executionId}`);
    a.succeed();
    await until(() => leases() === 0);
    await clock.advance(10_000);
    (await work.call(2)).succeed();
    (await work.call(3)).succeed();
    expect((await handle.result()).status).toBe('completed');
  });

  it('aborts the other tasks of a stale run', async () => {
    const [store, clock] = [makeSharedStore(), new ManualClock()];
    const work = new GatedAgent();
    const first = await makeHarness({ agents: { work: work.run }, store, clock });
    const handle = await first.dispatcher.submit(
      workflow([step('a'), step('b'), step('c', { dependsOn: ['a'] })]),
    );
    const [a, b] = [await work.call(1), await work.call(2)];
    await turn();
    await store.claim(`execution:${handle.executionId}`);
    a.succeed();
    await until(() => b.context.signal.aborted);
    expect((b.context.signal.reason as AbortedError).kind).toBe('lost-lease');
    await until(() => first.leases() === 0);
    const { status, steps } = await first.dispatcher.get(handle.executionId);
    expect([status, steps.a?.status, steps.b?.status]).toEqual(['running', 'running', 'running']);
  });

  it('counts the time from the first start', async () => {
    const { after, handle, second, clock, run } = await takeOver({ timeoutMs: 1_000 });
    await clock.advance(600);
    const running = run();
    expect((await after.call(1)).context.deadline).toBe(new Date(clock.now() + 400).toISOString());
    await clock.advance(400);
    await running;
    const execution = await second.dispatcher.get(handle.executionId);
    expect(execution).toMatchObject({
      status: 'timed_out',
      error: { code: 'EXECUTION_TIMEOUT', message: 'the execution timed out after 1000 ms' },
      steps: { b: { status: 'cancelled', attempts: 2 } },
    });
  });

  it('begins no step when the time is over already, and cancels the one that was in flight', async () => {
    const { after, handle, second, clock, run } = await takeOver({ timeoutMs: 1_000 });
    await clock.advance(1_000);
    await run();
    expect(after.calls).toHaveLength(0);
    const { status, steps } = await second.dispatcher.get(handle.executionId);
    expect([status, steps.a?.status, steps.b?.status, steps.c?.status]).toEqual([
      'timed_out',
      'completed',
      'cancelled',
      'pending',
    ]);
  });

  it('has the attempts that are left, and one at least', async () => {
    for (const [maxAttempts, total] of [
      [3, 3],
      [1, 2],
    ] as const) {
      const { after, handle, clock, run, second } = await takeOver({ retry: { maxAttempts } });
      // Not before: Nest tells its providers apart by random ids.
      const random = jest.spyOn(Math, 'random').mockReturnValue(0);
      const running = run();
      for (let attempt = 2; attempt <= total; attempt++) {
        (await after.call(attempt - 1)).fail(new Error('no'));
        await clock.advance(0);
      }
      await running;
      expect((await second.dispatcher.get(handle.executionId)).steps.b).toMatchObject({
        status: 'failed',
        attempts: total,
      });
      random.mockRestore();
    }
  });

  it('ends an execution that is asked to be cancelled without running it', async () => {
    const { after, handle, second, run, before } = await takeOver();
    await second.executions.requestCancel(handle.executionId, {
      requestedAt: '2026-01-01T00:00:00.000Z',
      reason: null,
    });
    await run();
    expect([before.calls.length, after.calls.length]).toEqual([2, 0]);
    expect(await second.dispatcher.get(handle.executionId)).toMatchObject({
      status: 'cancelled',
      steps: { b: { status: 'cancelled' } },
    });
  });

  it('leaves a finished execution alone, and knows none that is gone', async () => {
    const { dispatcher, runner, recorder } = await makeHarness();
    const handle = await dispatcher.submit(workflow([{ id: 'a', capability: 'echo' }]));
    const execution = await handle.result();
    const events = recorder.all.length;
    await runner.run(handle.executionId, new AbortController());
    const gone = runner.run('nobody', new AbortController());
    expect((await rejection(gone)).code).toBe('EXECUTION_NOT_FOUND');
    expect(await dispatcher.get(handle.executionId)).toEqual(execution);
    expect(recorder.all.length).toBe(events);
  });
});

it('tries a job once more whose record comes later, and no job for ever whose record does not come', async () => {
  const { clock, executions, queue } = await makeHarness();
  const claim = jest.spyOn(executions, 'claim');
  await queue.add({ executionId: 'nobody' }, { id: 'nobody.1', attempts: 100 });
  await until(() => claim.mock.calls.length === 1);
  while ((await queue.get('nobody.1')) !== undefined) await clock.advance(1_000);
  expect(claim).toHaveBeenCalledTimes(2);
});

describe('a store that refuses a commit', () => {
  /** The nth commit from now on fails, and those after it as often as told. */
  function refuse({ store }: Harness, times: number, error: Error = new Error('disk on fire')) {
    const commit = store.commit.bind(store);
    let left = times;
    return jest.spyOn(store, 'commit').mockImplementation((changes) => {
      if (changes.fence === undefined || left <= 0) return commit(changes);
      left--;
      return Promise.reject(error);
    });
  }

  it('stops the run, which is made again from what is on record', async () => {
    const work = new GatedAgent();
    const harness = await makeHarness({ agents: { work: work.run } });
    const { dispatcher, clock } = harness;
    const handle = await dispatcher.submit(workflow([step('a'), step('x', { dependsOn: ['a'] }), step('b')]));
    const [a, b] = [await work.call(1), await work.call(2)];
    await turn();
    refuse(harness, 1);
    a.succeed('A');
    await until(() => b.context.signal.aborted);
    expect((b.context.signal.reason as AbortedError).message).toContain('disk on fire');
    await clock.advance(10_000);
    const again = [await work.call(3), await work.call(4)];
    expect(again.map(({ task }) => [task.stepId, task.attempt])).toEqual([
      ['a', 2],
      ['b', 2],
    ]);
    for (const call of again) call.succeed('again');
    (await work.call(5)).succeed();
    expect((await handle.result()).status).toBe('completed');
  });

  it.each([
    ['five times, an error that may pass', 5, new Error('disk on fire')],
    ['once, an error that will not pass', 1, new StateError('STORE_FULL', 'disk on fire')],
  ])('fails the execution in the end (%s)', async (_name, times, error) => {
    const harness = await makeHarness();
    const { dispatcher, clock, queue } = harness;
    const refused = refuse(harness, times, error);
    const handle = await dispatcher.submit(workflow([{ id: 'a', capability: 'echo' }]));
    for (let n = 0; n < 5; n++) await clock.advance(10_000);
    const { status, error: recorded, steps } = await handle.result();
    expect(status).toBe('failed');
    expect(recorded).toEqual({
      code: 'INTERNAL_ERROR',
      message: 'the execution could not be run: disk on fire',
      retryable: false,
    });
    expect(steps.a?.status).toBe('pending');
    expect(refused).toHaveBeenCalled();
    expect(await queue.counts()).toMatchObject({ waiting: 0, delayed: 0, active: 0 });
    refused.mockRestore();
    expect((await (await dispatcher.retry(handle.executionId)).result()).status).toBe('completed');
  });

  it('has the execution run again when its end cannot be written either', async () => {
    const harness = await makeHarness();
    refuse(harness, 2, new StateError('STORE_FULL', 'disk on fire'));
    const handle = await harness.dispatcher.submit(workflow([{ id: 'a', capability: 'echo' }]));
    await harness.clock.advance(10_000);
    expect((await handle.result()).status).toBe('completed');
  });

  it('refuses the submit, and leaves nothing of it', async () => {
    const { dispatcher, store, queue } = await makeHarness();
    jest.spyOn(store, 'commit').mockRejectedValueOnce(new Error('disk on fire'));
    const one = workflow([{ id: 'a', capability: 'echo' }]);
    expect((await rejection(dispatcher.submit(one))).message).toBe('disk on fire');
    expect(await queue.counts()).toMatchObject({ waiting: 0, active: 0 });
    expect((await (await dispatcher.submit(one, {})).result()).status).toBe('completed');
  });
});

it('fails an execution whose document was damaged, for good', async () => {
  const { dispatcher, store } = await makeHarness({ agents: { work: () => 1 } });
  const claimRecord = store.claimRecord.bind(store);
  jest.spyOn(store, 'claimRecord').mockImplementation(async (key) => {
    const found = await claimRecord(key);
    const workflow = { ...(found?.fields.workflow as JsonObject), steps: [] };
    return found && { ...found, fields: { ...found.fields, workflow } };
  });
  const handle = await dispatcher.submit(workflow([step('a', { retry: ONCE })]));
  expect(await handle.result()).toMatchObject({ status: 'failed', error: { code: 'VALIDATION_FAILED' } });
});
