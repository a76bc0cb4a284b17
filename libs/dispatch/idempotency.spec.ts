import { GatedAgent } from './testing/gated-agent.js';
import { closeHarnesses, makeHarness } from './testing/make-harness.js';
import { turn } from './testing/until.js';
import { rejection, step, workflow } from './testing/workflows.js';

afterEach(closeHarnesses);

describe('an idempotency key', () => {
  it('makes a hundred equal submits at once one execution', async () => {
    const work = new GatedAgent();
    const { dispatcher, recorder } = await makeHarness({ agents: { work: work.run } });
    const handles = await Promise.all(
      Array.from({ length: 100 }, () =>
        dispatcher.submit(workflow([step('a')]), { idempotencyKey: 'k', input: 1 }),
      ),
    );
    expect(new Set(handles.map(({ executionId }) => executionId)).size).toBe(1);
    (await work.call(1)).succeed();
    const results = await Promise.all(handles.map((handle) => handle.result()));
    expect(new Set(results.map(({ status }) => status))).toEqual(new Set(['completed']));
    await turn();
    expect(work.calls).toHaveLength(1);
    expect((await dispatcher.list()).items).toHaveLength(1);
    expect(recorder.of('execution.queued')).toHaveLength(1);
  });

  it('is refused with another request, and without one it is another execution', async () => {
    const { dispatcher } = await makeHarness();
    const one = workflow([{ id: 'a', capability: 'echo' }]);
    const first = await dispatcher.submit(one, { idempotencyKey: 'k', input: 1 });
    for (const options of [{ input: 2 }, { input: 1, priority: 5 }, { input: 1, timeoutMs: 5 }]) {
      const error = await rejection(dispatcher.submit(one, { ...options, idempotencyKey: 'k' }));
      expect(error.code).toBe('IDEMPOTENCY_KEY_REUSED');
    }
    const other = workflow([{ id: 'b', capability: 'echo' }]);
    expect((await rejection(dispatcher.submit(other, { idempotencyKey: 'k', input: 1 }))).code).toBe(
      'IDEMPOTENCY_KEY_REUSED',
    );
    expect((await dispatcher.submit(one, { input: 1 })).executionId).not.toBe(first.executionId);
    expect((await dispatcher.submit(one, { idempotencyKey: 'K', input: 1 })).executionId).not.toBe(
      first.executionId,
    );
  });

  it('stands for the same request however its keys are ordered and its defaults are written', async () => {
    const { dispatcher } = await makeHarness();
    const first = await dispatcher.submit(
      { id: 'wf', steps: [{ id: 'a', capability: 'echo', input: { x: 1, y: { p: [1, 2], q: 2 } } }] },
      { idempotencyKey: 'k', input: { a: 1, b: { c: 1, d: 2 } } },
    );
    const second = await dispatcher.submit(
      {
        steps: [{ input: { y: { q: 2, p: [1, 2] }, x: 1 }, capability: 'echo', id: 'a', onError: 'fail' }],
        id: 'wf',
      },
      { input: { b: { d: 2, c: 1 }, a: 1 }, idempotencyKey: 'k' },
    );
    expect(second.executionId).toBe(first.executionId);
    const reordered = {
      id: 'wf',
      steps: [{ id: 'a', capability: 'echo', input: { x: 1, y: { p: [2, 1], q: 2 } } }],
    };
    const error = await rejection(
      dispatcher.submit(reordered, { idempotencyKey: 'k', input: { a: 1, b: { c: 1, d: 2 } } }),
    );
    expect(error.code).toBe('IDEMPOTENCY_KEY_REUSED');
  });

  it('repairs a submit that died between the store and the queue', async () => {
    const { dispatcher, queue } = await makeHarness();
    jest.spyOn(queue, 'add').mockRejectedValueOnce(new Error('connection lost'));
    const submit = () =>
      dispatcher.submit(workflow([{ id: 'a', capability: 'echo', input: 7 }]), { idempotencyKey: 'k' });
    expect((await rejection(submit())).message).toBe('connection lost');
    const [orphan] = (await dispatcher.list()).items;
    expect(orphan?.status).toBe('pending');
    await turn();
    const handle = await submit();
    expect(handle.executionId).toBe(orphan?.executionId);
    expect(await handle.result()).toMatchObject({
      status: 'completed',
      steps: { a: { output: 7, attempts: 1 } },
    });
  });
});
