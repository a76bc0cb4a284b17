import type { ExecutionEvent } from './execution/execution-event.js';
import { GatedAgent } from './testing/gated-agent.js';
import { closeHarnesses, makeHarness, makeSharedStore, type Harness } from './testing/make-harness.js';
import { collect, rejection, step, workflow } from './testing/workflows.js';

afterEach(closeHarnesses);

const KEPT = 10;

/** An execution whose one step reports as often as the test wants. */
async function begin() {
  const work = new GatedAgent();
  const harness = await makeHarness({
    agents: { work: work.run },
    store: makeSharedStore({ maxLogLength: KEPT }),
  });
  const { executionId } = await harness.dispatcher.submit(workflow([step('a')]));
  const call = await work.call(1);
  let reported = 0;
  const report = async (times: number): Promise<void> => {
    const all = new Promise<void>((resolve) => {
      const wanted = reported + times;
      const off = harness.events.on('step.progress', ({ progress }) => {
        if (progress < wanted) return;
        off();
        resolve();
      });
    });
    for (let n = 0; n < times; n++) call.context.progress({ progress: ++reported });
    await all;
  };
  const end = async (): Promise<void> => {
    call.succeed('done');
    await harness.dispatcher.wait(executionId);
  };
  return { harness, executionId, report, end };
}

const numberOf = ({ id }: ExecutionEvent): number => Number(id.split('.').at(-1));

/** Every event of a reader follows the one before, or says how many are missing: of one claim, the ids tell. */
function expectMissedToBeTrue(events: readonly ExecutionEvent[]): void {
  for (const [at, event] of events.entries()) {
    const before = events[at - 1];
    if (before !== undefined) expect(event.missed).toBe(numberOf(event) - numberOf(before) - 1);
  }
}

async function foreignPosition({ dispatcher }: Harness): Promise<string> {
  const other = await dispatcher.submit(workflow([{ id: 'b', capability: 'echo' }]));
  await other.result();
  return (await collect(other.events())).at(-1)?.position ?? '';
}

describe('events that the log keeps no longer', () => {
  it('are none as long as all are kept', async () => {
    const { harness, executionId, report, end } = await begin();
    await report(5);
    await end();
    const events = await collect(harness.dispatcher.events(executionId));
    expect(events.map(({ missed }) => missed)).toEqual(Array.from({ length: KEPT }, () => 0));
  });

  it('are counted for a reader from the start', async () => {
    const { harness, executionId, report, end } = await begin();
    await report(20);
    await end();
    const events = await collect(harness.dispatcher.events(executionId));
    // Three come before the reports, two behind them.
    expect(events.map(({ missed }) => missed)).toEqual([15, ...Array.from({ length: KEPT - 1 }, () => 0)]);
    expectMissedToBeTrue(events);
  });

  it.each(['running', 'finished'])(
    'are told to who resumes behind one of them in a %s execution, who goes on with the oldest kept',
    async (state) => {
      const { harness, executionId, report, end } = await begin();
      const reader = harness.dispatcher.events(executionId);
      const after = ((await reader.next()).value as ExecutionEvent).position;
      await reader.return(undefined);
      await report(20);
      if (state === 'finished') await end();
      const opened = await harness.dispatcher.openEvents(executionId, { after });
      if (state === 'running') await end();
      const events = await collect(opened!);
      expect(events.map(({ missed }) => missed)).toEqual([
        null,
        ...Array.from({ length: KEPT - 1 }, () => 0),
      ]);
      expect(events.at(-1)?.type).toBe('execution.completed');
      expect(events).toEqual([
        { ...events[0], missed: null },
        ...(await collect(harness.dispatcher.events(executionId))).slice(1),
      ]);
    },
  );

  it('are counted for a reader whom the log has overtaken, and who resumed before', async () => {
    const { harness, executionId, report, end } = await begin();
    const queued = await harness.dispatcher.events(executionId).next();
    const after = (queued.value as ExecutionEvent).position;
    const reader = await harness.dispatcher.openEvents(executionId, { after });
    const first = (await reader!.next()).value as ExecutionEvent;
    await report(20);
    const second = (await reader!.next()).value as ExecutionEvent;
    await report(4);
    await end();
    const rest = await collect(reader!);
    const events = [first, second, ...rest];
    expect([first.missed, second.missed]).toEqual([0, 11]);
    expectMissedToBeTrue(events);
    expect(events.at(-1)?.type).toBe('execution.completed');
  });

  it('cannot be meant by a position older than the log while all are kept', async () => {
    const harness = await makeHarness();
    const { dispatcher } = harness;
    const older = await foreignPosition(harness);
    const late = await dispatcher.submit(workflow([{ id: 'c', capability: 'echo' }]));
    await late.result();
    expect(await rejection(dispatcher.openEvents(late.executionId, { after: older }))).toMatchObject({
      code: 'INVALID_CURSOR',
    });
  });

  it('make no place of a position that the log never had', async () => {
    const { harness, executionId, report, end } = await begin();
    await report(20);
    const inside = await foreignPosition(harness);
    await report(2);
    await end();
    for (const after of [inside, await foreignPosition(harness), 'x', '0', '9'.repeat(16)]) {
      expect(await rejection(harness.dispatcher.openEvents(executionId, { after }))).toMatchObject({
        code: 'INVALID_CURSOR',
      });
    }
  });
});
