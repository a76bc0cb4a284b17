import { closeHarnesses, makeHarness, makeSharedStore } from './testing/make-harness.js';
import { turn } from './testing/until.js';
import { rejection, workflow } from './testing/workflows.js';

afterEach(closeHarnesses);

const echo = workflow([{ id: 'a', capability: 'echo' }]);

describe('a dispatcher that leaves the work to others', () => {
  it('takes executions in and answers for them, and runs none', async () => {
    const { dispatcher, queue } = await makeHarness({ consume: false });
    const { executionId } = await dispatcher.submit(echo);
    for (let turns = 0; turns < 20; turns++) await turn();
    expect(await queue.counts()).toMatchObject({ waiting: 1, active: 0 });
    expect((await dispatcher.get(executionId)).status).toBe('pending');
    expect(await dispatcher.status()).toEqual({ accepting: true, running: 0, waiting: 1 });
    await dispatcher.cancel(executionId);
    expect((await dispatcher.get(executionId)).status).toBe('cancelled');
  });

  it('repairs and forgets nothing: it may know other bounds than those who run them', async () => {
    const store = makeSharedStore();
    const runs = await makeHarness({ store });
    const handle = await runs.dispatcher.submit(echo);
    await handle.result();
    const pending = await makeHarness({ store, consume: false, retention: { maxAgeMs: 1, maxCount: 1 } });
    const { executionId } = await pending.dispatcher.submit(echo);
    await pending.queue.remove(`${executionId}.1`);
    await pending.clock.advance(60_000);
    expect(await pending.dispatcher.maintain()).toEqual({ checked: 0, requeued: 0 });
    expect((await pending.dispatcher.get(handle.executionId)).status).toBe('completed');

    const repairs = await makeHarness({ store, retention: { maxAgeMs: 1 }, clock: pending.clock });
    expect(await repairs.dispatcher.maintain()).toEqual({ checked: 1, requeued: 1 });
    expect((await rejection(pending.dispatcher.get(handle.executionId))).code).toBe('EXECUTION_NOT_FOUND');
  });
});
