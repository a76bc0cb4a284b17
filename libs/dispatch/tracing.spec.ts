import { GatedAgent } from './testing/gated-agent.js';
import { closeHarnesses, makeHarness } from './testing/make-harness.js';
import { ONCE, rejection, step, workflow } from './testing/workflows.js';

const trace = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
const otherTrace = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00';

afterEach(closeHarnesses);

describe('a trace', () => {
  it('reaches every agent of the execution, every attempt and every run of it', async () => {
    const work = new GatedAgent();
    const { dispatcher } = await makeHarness({ agents: { work: work.run } });
    const handle = await dispatcher.submit(
      workflow([step('a', { retry: ONCE }), step('b', { dependsOn: ['a'], retry: ONCE })]),
      { traceparent: trace },
    );
    (await work.call(1)).succeed();
    (await work.call(2)).fail(new Error('once'));
    expect((await handle.result()).status).toBe('failed');
    await dispatcher.retry(handle.executionId);
    (await work.call(3)).succeed();
    expect((await dispatcher.wait(handle.executionId)).status).toBe('completed');
    expect(work.calls.map(({ context }) => context.traceparent)).toEqual([trace, trace, trace]);
  });

  it('is null where the request came with none', async () => {
    const work = new GatedAgent();
    const { dispatcher } = await makeHarness({ agents: { work: work.run } });
    await dispatcher.submit(workflow([step('a')]));
    const call = await work.call(1);
    expect(call.context.traceparent).toBeNull();
    call.succeed();
  });

  it('is no part of what an idempotency key stands for: the first one stays', async () => {
    const work = new GatedAgent();
    const { dispatcher } = await makeHarness({ agents: { work: work.run } });
    const submit = (traceparent?: string) =>
      dispatcher.submit(workflow([step('a')]), { idempotencyKey: 'k', traceparent });
    const { executionId } = await submit(trace);
    expect((await submit(otherTrace)).executionId).toBe(executionId);
    expect((await submit()).executionId).toBe(executionId);
    const call = await work.call(1);
    expect(call.context.traceparent).toBe(trace);
    call.succeed();
  });

  it('is refused when it is malformed', async () => {
    const { dispatcher } = await makeHarness();
    const echo = workflow([{ id: 'a', capability: 'echo' }]);
    const error = await rejection(dispatcher.submit(echo, { traceparent: trace.toUpperCase() }));
    expect(error).toMatchObject({
      code: 'VALIDATION_FAILED',
      problems: [{ path: 'traceparent', message: expect.stringContaining('W3C') as string }],
    });
  });
});
