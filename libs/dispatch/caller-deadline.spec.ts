import { closeHarnesses, makeHarness } from './testing/make-harness.js';
import { workflow } from './testing/workflows.js';

const echo = (more: object = {}) => workflow([{ id: 'a', capability: 'echo' }], more);

afterEach(closeHarnesses);

describe('the deadline of a caller', () => {
  it.each([
    [{ deadlineMs: 70 }, {}, 70],
    [{ deadlineMs: 70, timeoutMs: 50 }, {}, 50],
    [{ deadlineMs: 70, timeoutMs: 90 }, {}, 70],
    [{ deadlineMs: 70 }, { timeoutMs: 50 }, 50],
    [{ deadlineMs: 70 }, { timeoutMs: 90 }, 70],
    [{ deadlineMs: 2_000_000 }, {}, 1_000_000],
  ])('of %j bounds the timeout of a workflow with %j to %i ms', async (options, more, timeoutMs) => {
    const { dispatcher } = await makeHarness({ defaultTimeoutMs: 1_000_000 });
    const { executionId } = await dispatcher.submit(echo(more), options);
    expect((await dispatcher.get(executionId)).timeoutMs).toBe(timeoutMs);
  });

  it('is no part of what an idempotency key stands for: it shrinks with every repeat', async () => {
    const { dispatcher } = await makeHarness();
    const submit = (deadlineMs?: number) => dispatcher.submit(echo(), { idempotencyKey: 'k', deadlineMs });
    const { executionId } = await submit(9_000);
    expect((await submit(8_000)).executionId).toBe(executionId);
    expect((await submit()).executionId).toBe(executionId);
  });
});
