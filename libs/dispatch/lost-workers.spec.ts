import { AbortedError } from '#core';
import { GatedAgent } from './testing/gated-agent.js';
import { closeHarnesses, makeHarness, makeSharedStore, type Harness } from './testing/make-harness.js';
import { rejection, step, workflow } from './testing/workflows.js';

afterEach(closeHarnesses);

const chain = workflow([step('a'), step('b', { dependsOn: ['a'] })]);

/** An execution that waits in the queue of a first instance, and was claimed by `lost` workers that left no word. */
async function claimedBy(lost: number) {
  const store = makeSharedStore();
  const [busy, work] = [new GatedAgent(), new GatedAgent()];
  const first = await makeHarness({ store, agents: { work: busy.run }, maxConcurrentWorkflows: 1 });
  await first.dispatcher.submit(workflow([step('before')]));
  await busy.call(1);
  const { executionId } = await first.dispatcher.submit(chain);
  for (let n = 0; n < lost; n++) await store.claim(`execution:${executionId}`);
  const { runner, dispatcher } = await makeHarness({ store, agents: { work: work.run }, maxRecoveries: 3 });
  const run = (recoveries: number, control = new AbortController()) =>
    runner.run(executionId, control, recoveries);
  return { executionId, work, run, dispatcher };
}

async function stepsOf(dispatcher: Harness['dispatcher'], executionId: string) {
  const { steps } = await dispatcher.get(executionId);
  return { a: steps.a?.attempts, b: steps.b?.attempts };
}

describe('an execution whose workers were lost', () => {
  it('counts the attempt that one may have begun without a record of it, and no other', async () => {
    const { executionId, work, run, dispatcher } = await claimedBy(1);
    const running = run(1);
    const call = await work.call(1);
    expect(call.task.attempt).toBe(2);
    call.succeed();
    (await work.call(2)).succeed();
    await running;
    expect(await stepsOf(dispatcher, executionId)).toEqual({ a: 2, b: 1 });
  });

  it('counts none after a worker that handed it back', async () => {
    const { executionId, work, run, dispatcher } = await claimedBy(0);
    const control = new AbortController();
    control.abort(new AbortedError('shutdown', 'the consumer is closing'));
    await rejection(run(0, control));
    const running = run(1);
    for (const nth of [1, 2]) (await work.call(nth)).succeed();
    await running;
    expect(await stepsOf(dispatcher, executionId)).toEqual({ a: 1, b: 1 });
  });

  it('fails as poison after so many, without a further run', async () => {
    const { executionId, work, run, dispatcher } = await claimedBy(3);
    await run(3);
    expect(work.calls).toHaveLength(0);
    expect(await dispatcher.get(executionId)).toMatchObject({
      status: 'failed',
      error: { code: 'POISONED', retryable: false, details: { recoveries: 3 } },
    });
    await dispatcher.retry(executionId);
    (await work.call(1)).succeed();
    (await work.call(2)).succeed();
    expect((await dispatcher.wait(executionId)).status).toBe('completed');
  });

  it.each([
    ['its job was lost while it waited for its turn', 0, 3],
    ['its workers lost the store, and lived', 3, 1],
  ])('is no poison where %s', async (_why, claims, recoveries) => {
    const { executionId, work, run, dispatcher } = await claimedBy(claims);
    const running = run(recoveries);
    for (const nth of [1, 2]) (await work.call(nth)).succeed();
    await running;
    expect((await dispatcher.get(executionId)).status).toBe('completed');
  });
});
