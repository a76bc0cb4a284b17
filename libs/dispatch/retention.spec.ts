import { Logger } from '@nestjs/common';
import { GatedAgent } from './testing/gated-agent.js';
import { closeHarnesses, makeHarness, makeSharedStore, type Harness } from './testing/make-harness.js';
import { turn } from './testing/until.js';
import { ONCE, rejection, step, workflow } from './testing/workflows.js';

afterEach(closeHarnesses);
afterEach(() => jest.restoreAllMocks());

const echo = workflow([{ id: 'a', capability: 'echo' }]);

async function run({ dispatcher }: Harness, idempotencyKey?: string): Promise<string> {
  const handle = await dispatcher.submit(echo, { idempotencyKey });
  await handle.result();
  for (let turns = 0; turns < 5; turns++) await turn();
  return handle.executionId;
}

async function idsOf(
  { dispatcher }: Harness,
  filter: Parameters<Harness['dispatcher']['list']>[0] = {},
): Promise<string[]> {
  return (await dispatcher.list(filter)).items.map(({ executionId }) => executionId);
}

describe('finished executions', () => {
  it('are kept up to a count, the latest ones, and what is forgotten leaves nothing', async () => {
    const harness = await makeHarness({ retention: { maxCount: 2 }, store: makeSharedStore() });
    const { dispatcher, store } = harness;
    const [first, second, third] = [
      await run(harness, 'k1'),
      await run(harness, 'k2'),
      await run(harness, 'k3'),
    ];
    for (const filter of [
      {},
      { status: 'completed' as const },
      { workflowId: 'wf' },
      { status: 'completed' as const, workflowId: 'wf' },
    ]) {
      expect(await idsOf(harness, filter)).toEqual([third, second]);
    }
    expect((await rejection(dispatcher.get(first))).code).toBe('EXECUTION_NOT_FOUND');
    expect(await store.get(`execution:${first}`)).toBeUndefined();
    const log = store.read(`execution:${first}`, { signal: AbortSignal.abort() });
    for await (const entry of log) throw new Error(`left: ${JSON.stringify(entry)}`);
    const again = await dispatcher.submit(workflow([{ id: 'other', capability: 'echo' }]), {
      idempotencyKey: 'k1',
    });
    expect(again.executionId).not.toBe(first);
    expect((await dispatcher.submit(echo, { idempotencyKey: 'k3' })).executionId).toBe(third);
  });

  it('are kept up to the count also when many end at once', async () => {
    const harness = await makeHarness({ retention: { maxCount: 3 }, maxConcurrentWorkflows: 50 });
    const handles = await Promise.all(Array.from({ length: 50 }, () => harness.dispatcher.submit(echo)));
    for (let turns = 0; turns < 50; turns++) await turn();
    expect(await idsOf(harness)).toHaveLength(3);
    expect(handles).toHaveLength(50);
  });

  it('are kept up to an age, which is looked at whenever another one ends', async () => {
    const harness = await makeHarness({ retention: { maxAgeMs: 10_000 } });
    const first = await run(harness);
    await harness.clock.advance(6_000);
    const second = await run(harness);
    expect(await idsOf(harness)).toEqual([second, first]);
    await harness.clock.advance(6_000);
    const third = await run(harness);
    expect(await idsOf(harness)).toEqual([third, second]);
  });

  it('are all forgotten by one sweep when they are too old, however many', async () => {
    const harness = await makeHarness({ retention: { maxAgeMs: 10_000 }, maxConcurrentWorkflows: 50 });
    await Promise.all(
      Array.from({ length: 250 }, async () => (await harness.dispatcher.submit(echo)).result()),
    );
    await harness.clock.advance(10_001);
    await harness.retention.sweep();
    expect(await idsOf(harness)).toEqual([]);
  });

  it('are forgotten also when a waiting one is cancelled', async () => {
    const work = new GatedAgent();
    const harness = await makeHarness({
      agents: { work: work.run },
      retention: { maxCount: 1 },
      maxConcurrentWorkflows: 1,
    });
    await run(harness);
    await harness.dispatcher.submit(workflow([step('busy')]));
    await work.call(1);
    await harness.clock.advance(1);
    const waiting = await harness.dispatcher.submit(echo);
    await waiting.cancel();
    for (let turns = 0; turns < 5; turns++) await turn();
    expect(await idsOf(harness, { status: 'completed' })).toEqual([]);
    expect(await idsOf(harness, { status: 'cancelled' })).toEqual([waiting.executionId]);
  });

  it('are told to those who waited for them, however few are kept', async () => {
    const { dispatcher } = await makeHarness({ retention: { maxCount: 1 }, maxConcurrentWorkflows: 50 });
    const results = Array.from({ length: 200 }, async () => (await dispatcher.submit(echo)).result());
    const statuses = (await Promise.all(results)).map(({ status }) => status);
    expect(statuses).toEqual(Array.from({ length: 200 }, () => 'completed'));
  });

  it('that are being retried are not forgotten', async () => {
    const work = new GatedAgent();
    const harness = await makeHarness({ agents: { work: work.run }, retention: { maxCount: 1 } });
    const { dispatcher } = harness;
    const handle = await dispatcher.submit(workflow([step('a', { retry: ONCE })]));
    (await work.call(1)).fail(new Error('no'));
    await handle.result();
    await dispatcher.retry(handle.executionId);
    const call = await work.call(2);
    await run(harness);
    await run(harness);
    expect((await dispatcher.get(handle.executionId)).status).toBe('running');
    call.succeed();
    expect((await handle.result()).status).toBe('completed');
  });

  it('that are being retried do not count', async () => {
    const work = new GatedAgent();
    const harness = await makeHarness({ agents: { work: work.run }, retention: { maxCount: 2 } });
    const first = await run(harness);
    await harness.clock.advance(1);
    const handle = await harness.dispatcher.submit(workflow([step('a', { retry: ONCE })]));
    (await work.call(1)).fail(new Error('no'));
    await handle.result();
    await harness.dispatcher.retry(handle.executionId);
    await work.call(2);
    const second = await run(harness);
    expect(await idsOf(harness)).toEqual([second, handle.executionId, first]);
  });

  it('that are retried at the very moment they are to be forgotten stay, and the sweep goes on', async () => {
    const work = new GatedAgent();
    const harness = await makeHarness({ agents: { work: work.run }, retention: { maxCount: 1 } });
    const { dispatcher, store, retention } = harness;
    const error = jest.spyOn(Logger.prototype, 'error').mockReturnValue(undefined);
    const handle = await dispatcher.submit(workflow([step('a', { retry: ONCE })]));
    (await work.call(1)).fail(new Error('no'));
    await handle.result();
    const commit = store.commit.bind(store);
    const committing = jest.spyOn(store, 'commit').mockImplementation(async (changes) => {
      if (changes.deletes !== undefined) {
        committing.mockRestore();
        await dispatcher.retry(handle.executionId);
      }
      return commit(changes);
    });
    await run(harness);
    await retention.sweep();
    (await work.call(2)).succeed();
    expect((await handle.result()).status).toBe('completed');
    expect(error).not.toHaveBeenCalled();
  });

  it('that are forgotten before they are retried are not found', async () => {
    const work = new GatedAgent();
    const harness = await makeHarness({ agents: { work: work.run }, retention: { maxCount: 1 } });
    const { dispatcher, queue } = harness;
    const handle = await dispatcher.submit(workflow([step('a', { retry: ONCE })]));
    (await work.call(1)).fail(new Error('no'));
    await handle.result();
    await harness.clock.advance(1);
    jest.spyOn(queue, 'fits').mockImplementationOnce(async () => {
      await run(harness);
      return true;
    });
    expect((await rejection(dispatcher.retry(handle.executionId))).code).toBe('EXECUTION_NOT_FOUND');
  });
});
