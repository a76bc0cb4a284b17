import { Logger } from '@nestjs/common';
import { BackendUnavailableError } from '#core';
import { MemoryStateStore } from '#state';
import { GatedAgent } from './testing/gated-agent.js';
import { listingIndex } from './execution/execution-indexes.js';
import { closeHarnesses, makeHarness, type Harness } from './testing/make-harness.js';
import { rejection, step, workflow } from './testing/workflows.js';

beforeEach(() => jest.spyOn(Logger.prototype, 'warn').mockReturnValue(undefined));
afterEach(closeHarnesses);
afterEach(() => jest.restoreAllMocks());

const gone = new BackendUnavailableError('Redis at nowhere:1', 'it is not there');

/** On record and without a job: its submit died between store and queue. */
async function orphan({ dispatcher, queue }: Harness, idempotencyKey?: string): Promise<string> {
  jest.spyOn(queue, 'enqueue').mockRejectedValueOnce(gone);
  const error = await rejection(dispatcher.submit(workflow([step('a')]), { idempotencyKey }));
  expect(error).toBe(gone);
  const [item] = (await dispatcher.list({ status: 'pending' })).items;
  return item?.executionId ?? '';
}

describe('a repair', () => {
  it('gives an execution without a job one, once it is old enough, and says so', async () => {
    const harness = await makeHarness({ agents: { work: () => 'done' } });
    const { dispatcher, clock, recorder } = harness;
    const executionId = await orphan(harness);

    await clock.advance(29_999);
    expect(await dispatcher.maintain()).toEqual({ checked: 0, requeued: 0 });
    await clock.advance(1);
    expect(await dispatcher.maintain()).toEqual({ checked: 1, requeued: 1 });

    expect((await dispatcher.wait(executionId)).status).toBe('completed');
    expect(recorder.of('queue.repaired')).toEqual([{ executionId, workflowId: 'wf', status: 'pending' }]);
    await clock.advance(30_000);
    expect(await dispatcher.maintain()).toEqual({ checked: 0, requeued: 0 });
  });

  it('leaves alone what waits or runs', async () => {
    const work = new GatedAgent();
    const { dispatcher, clock } = await makeHarness({
      agents: { work: work.run },
      maxConcurrentWorkflows: 1,
    });
    for (const id of ['a', 'b', 'c']) await dispatcher.submit(workflow([step(id)]));
    await work.call(1);
    await clock.advance(60_000);

    expect(await dispatcher.maintain()).toEqual({ checked: 3, requeued: 0 });
    expect(work.calls).toHaveLength(1);
  });

  it('takes what has ended out of the listing of what runs', async () => {
    const { dispatcher, clock, store } = await makeHarness({ agents: { work: () => 'done' } });
    const { executionId } = await dispatcher.submit(workflow([step('a')]));
    await dispatcher.wait(executionId);
    const listings = [{ status: 'running' as const }, { status: 'running' as const, workflowId: 'wf' }];
    await store.commit({
      index: listings.map((listing) => ({ index: listingIndex(listing), member: executionId, score: 0 })),
    });
    await clock.advance(30_000);
    await dispatcher.maintain();
    for (const listing of listings) expect((await dispatcher.list(listing)).items).toEqual([]);
    expect((await dispatcher.list({ status: 'completed' })).items).toHaveLength(1);
  });

  it('brings a run whose job failed for good to its end', async () => {
    jest.spyOn(Logger.prototype, 'error').mockReturnValue(undefined);
    const { dispatcher, clock, queue, store, recorder } = await makeHarness({
      agents: { work: () => 'done' },
    });
    const commit = jest.spyOn(store, 'commit').mockImplementation(async ({ fence }) => {
      if (fence !== undefined) throw new Error('no');
    });
    commit.mockImplementationOnce(MemoryStateStore.prototype.commit.bind(store));
    const { executionId } = await dispatcher.submit(workflow([step('a')]));
    while (Object.values(await queue.counts()).some((count) => count > 0)) await clock.advance(10_000);
    expect((await dispatcher.get(executionId)).status).toBe('pending');
    commit.mockRestore();

    await clock.advance(30_000);
    expect(await dispatcher.maintain()).toEqual({ checked: 1, requeued: 1 });
    expect((await dispatcher.wait(executionId)).status).toBe('completed');
    expect(recorder.of('queue.repaired')).toHaveLength(1);
  });

  it('goes through more than it looks at once, the oldest first', async () => {
    const harness = await makeHarness({ agents: { work: () => 1 }, maxQueueDepth: 2_000 });
    const { dispatcher, clock, queue } = harness;
    const enqueue = jest.spyOn(queue, 'enqueue').mockRejectedValue(gone);
    const submits = Array.from({ length: 1_150 }, () => rejection(dispatcher.submit(workflow([step('a')]))));
    await Promise.all(submits);
    enqueue.mockRestore();
    await clock.advance(30_000);

    expect(await dispatcher.maintain()).toEqual({ checked: 1_000, requeued: 1_000 });
    expect((await dispatcher.maintain()).requeued).toBe(150);
  });

  it('never throws: a backend that is away is tried again by the next one', async () => {
    const harness = await makeHarness({ agents: { work: () => 'done' } });
    const { dispatcher, clock, store } = harness;
    const executionId = await orphan(harness);
    await clock.advance(30_000);
    jest.spyOn(store, 'list').mockRejectedValueOnce(gone);

    expect(await dispatcher.maintain()).toEqual({ checked: 0, requeued: 0 });
    expect(await dispatcher.maintain()).toEqual({ checked: 1, requeued: 1 });
    expect((await dispatcher.wait(executionId)).status).toBe('completed');
  });

  it('is not needed where the submit is repeated with its key', async () => {
    const harness = await makeHarness({ agents: { work: () => 'done' } });
    const executionId = await orphan(harness, 'key');

    const handle = await harness.dispatcher.submit(workflow([step('a')]), { idempotencyKey: 'key' });

    expect(handle.executionId).toBe(executionId);
    expect((await handle.result()).status).toBe('completed');
  });
});
