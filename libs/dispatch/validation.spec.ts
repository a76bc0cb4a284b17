import type { ValidationError } from '#core';
import { GatedAgent } from './testing/gated-agent.js';
import { closeHarnesses, makeHarness, type Harness } from './testing/make-harness.js';
import { turn } from './testing/until.js';
import { rejection, step, workflow } from './testing/workflows.js';

afterEach(closeHarnesses);

const echo = workflow([{ id: 'a', capability: 'echo' }]);

async function problemsOf(promise: Promise<unknown>): Promise<string[]> {
  const error = (await rejection(promise)) as Error & ValidationError;
  expect(error.code).toBe('VALIDATION_FAILED');
  return error.problems.map(({ path }) => path).sort();
}

async function expectNothing({ dispatcher, queue, recorder }: Harness): Promise<void> {
  expect((await dispatcher.list()).items).toEqual([]);
  expect(await queue.counts()).toMatchObject({ waiting: 0, active: 0, delayed: 0 });
  expect(recorder.of('execution.queued')).toEqual([]);
}

describe('a request that breaks rules', () => {
  it('is refused with the problems of its options and of its workflow together, and nothing is left of it', async () => {
    const harness = await makeHarness();
    const options = { priority: 11, timeoutMs: Number.NaN, bogus: 1, idempotencyKey: '' } as object;
    const document = workflow([
      step('a', { capability: 'nobody' }),
      { id: 'b', capability: 'echo', dependsOn: ['z'] },
    ]);
    expect(await problemsOf(harness.dispatcher.submit(document, options))).toEqual([
      'bogus',
      'idempotencyKey',
      'priority',
      'timeoutMs',
      'workflow.steps[0].capability',
      'workflow.steps[1].dependsOn[0]',
    ]);
    await expectNothing(harness);
  });

  it('is refused when it has more steps than maxSteps, or asks for a capability without a pool', async () => {
    const harness = await makeHarness({ maxSteps: 2 });
    const three = workflow(['a', 'b', 'c'].map((id) => ({ id, capability: 'echo' })));
    expect(await problemsOf(harness.dispatcher.submit(three))).toEqual(['workflow.steps']);
    expect(await problemsOf(harness.dispatcher.submit(workflow([step('a')])))).toEqual([
      'workflow.steps[0].capability',
    ]);
    expect(await harness.dispatcher.validate(three)).toHaveLength(1);
    expect(await harness.dispatcher.validate(echo)).toEqual([]);
    await expectNothing(harness);
  });

  it.each([null, undefined, 1, 'text', [], Object.create(null) as object, new Date()])(
    'is refused when its workflow is %p',
    async (document) => {
      const harness = await makeHarness();
      expect((await problemsOf(harness.dispatcher.submit(document))).length).toBeGreaterThan(0);
      await expectNothing(harness);
    },
  );

  it('is refused when its input is not JSON', async () => {
    const harness = await makeHarness();
    const input = { n: Number.POSITIVE_INFINITY };
    expect(await problemsOf(harness.dispatcher.submit(echo, { input }))).toEqual(['input.n']);
    await expectNothing(harness);
  });

  it('is refused with a problem, not a fault of the store, when its workflow is too deep to be kept', async () => {
    const harness = await makeHarness();
    const document = workflow([{ id: 'a', capability: 'echo', input: nested(99) }]);
    expect((await problemsOf(harness.dispatcher.submit(document))).length).toBe(1);
    await expectNothing(harness);
  });
});

it('takes an input as deep as JSON may be', async () => {
  const { dispatcher } = await makeHarness();
  const input = nested(100);
  const execution = await (await dispatcher.submit(echo, { input })).result();
  expect(execution).toMatchObject({ status: 'completed', input });
});

describe('a full queue', () => {
  it('refuses the next execution, retryably, and writes nothing of it', async () => {
    const work = new GatedAgent();
    const harness = await makeHarness({
      agents: { work: work.run },
      maxConcurrentWorkflows: 1,
      maxQueueDepth: 2,
    });
    const { dispatcher } = harness;
    await dispatcher.submit(workflow([step('a')]));
    await work.call(1);
    await dispatcher.submit(workflow([step('a')]));
    await dispatcher.submit(workflow([step('a')]));
    const error = await rejection(dispatcher.submit(workflow([step('a')]), { idempotencyKey: 'k' }));
    expect(error).toMatchObject({ code: 'QUEUE_FULL', retryable: true, details: { maxQueueDepth: 2 } });
    expect((await dispatcher.list()).items).toHaveLength(3);
    work.calls[0]?.succeed();
    await work.call(2);
    await turn();
    await dispatcher.submit(workflow([step('a')]), { idempotencyKey: 'k' });
    expect((await dispatcher.status()).waiting).toBe(2);
  });

  it('lets exactly its bound in of a hundred at once, the first ones', async () => {
    const work = new GatedAgent();
    const harness = await makeHarness({
      agents: { work: work.run },
      maxConcurrentWorkflows: 1,
      maxQueueDepth: 10,
    });
    const { dispatcher } = harness;
    await dispatcher.submit(workflow([step('busy')]));
    await work.call(1);
    const outcomes = await Promise.allSettled(
      Array.from({ length: 100 }, (_, n) => dispatcher.submit(workflow([step('a')]), { input: n })),
    );
    expect(outcomes.map(({ status }) => status)).toEqual(
      Array.from({ length: 100 }, (_, n) => (n < 10 ? 'fulfilled' : 'rejected')),
    );
    expect(await dispatcher.status()).toMatchObject({ running: 1, waiting: 10 });
    expect((await dispatcher.list()).items).toHaveLength(11);
    expect(harness.recorder.of('execution.queued')).toHaveLength(11);
  });

  it('refuses a retry as well, which can be made later', async () => {
    const work = new GatedAgent();
    const { dispatcher } = await makeHarness({
      agents: { work: work.run },
      maxConcurrentWorkflows: 1,
      maxQueueDepth: 1,
    });
    const failing = await dispatcher.submit(workflow([step('a', { retry: { maxAttempts: 1 } })]));
    (await work.call(1)).fail(new Error('no'));
    expect((await failing.result()).status).toBe('failed');
    await dispatcher.submit(workflow([step('b')]));
    await work.call(2);
    await dispatcher.submit(workflow([step('c')]));
    expect((await rejection(dispatcher.retry(failing.executionId))).code).toBe('QUEUE_FULL');
    expect((await dispatcher.get(failing.executionId)).status).toBe('failed');
    work.calls[1]?.succeed();
    await work.call(3);
    await turn();
    await dispatcher.retry(failing.executionId);
    expect((await dispatcher.get(failing.executionId)).status).toBe('pending');
  });
});

function nested(depth: number): [] | never[] {
  let value: unknown[] = [];
  for (let level = 1; level < depth; level++) value = [value];
  return value as never[];
}
