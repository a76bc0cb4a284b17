import type { AnyEventListener, EventMeta, OrchestraEventType } from '#events';
import type { ExecutionEvent } from './execution/execution-event.js';
import { GatedAgent } from './testing/gated-agent.js';
import { closeHarnesses, makeHarness, makeSharedStore, type Harness } from './testing/make-harness.js';
import { ONCE, collect, rejection, step, workflow } from './testing/workflows.js';

afterEach(closeHarnesses);

interface Published extends EventMeta {
  type: OrchestraEventType;
}

/** What every listener is told of executions and their steps. */
function record({ events }: Harness): Published[] {
  const published: Published[] = [];
  const note: AnyEventListener = (_data, type, meta) => {
    if (!type.startsWith('agent.')) published.push({ type, ...meta });
  };
  events.onAny(note);
  return published;
}

const identities = (events: readonly ExecutionEvent[]): Published[] =>
  events.map(({ type, id, time, run }) => ({ type, id, time, run }));

describe('an event of an execution', () => {
  it('has one id, time and run, in its log as where it is published', async () => {
    const work = new GatedAgent();
    const harness = await makeHarness({ agents: { work: work.run } });
    const published = record(harness);
    const handle = await harness.dispatcher.submit(workflow([step('a', { retry: ONCE }), step('b')]));
    const call = await work.call(1);
    await harness.clock.advance(25);
    call.context.progress({ progress: 1 });
    await harness.clock.advance(25);
    call.fail(new Error('no'));
    await handle.result();
    const events = await collect(handle.events());
    expect(published).toEqual(identities(events));
    expect(new Set(events.map(({ time }) => time)).size).toBeGreaterThan(2);
    expect(events.map(({ type }) => type)).toContain('step.progress');
  });

  it('has an id of its own, through a second run and a second worker', async () => {
    const work = new GatedAgent();
    const store = makeSharedStore();
    const first = await makeHarness({ agents: { work: work.run }, store });
    const handle = await first.dispatcher.submit(workflow([step('a', { retry: ONCE })]));
    (await work.call(1)).fail(new Error('one'));
    await handle.result();
    await first.dispatcher.retry(handle.executionId);
    await work.call(2);
    const second = await makeHarness({ agents: { work: work.run }, store });
    const taken = second.runner.run(handle.executionId, new AbortController());
    (await work.call(3)).succeed('done');
    await taken;
    const events = await collect(second.dispatcher.events(handle.executionId));
    expect(events.at(-1)).toMatchObject({ type: 'execution.completed', run: 2 });
    expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
    for (const { id } of events) expect(id.startsWith(`${handle.executionId}.`)).toBe(true);
  });

  it('shows by its id whether one before it is missing', async () => {
    const { dispatcher } = await makeHarness();
    const handle = await dispatcher.submit(workflow([{ id: 'a', capability: 'echo' }]));
    const marks = (await collect(handle.events())).map(({ id }) => id.slice(handle.executionId.length + 1));
    expect(marks).toEqual(['0.1', '1.1', '1.2', '1.3', '1.4']);
  });
});

describe('a stream of events that is opened beforehand', () => {
  it('goes on exactly behind any of its events', async () => {
    const { dispatcher } = await makeHarness();
    const handle = await dispatcher.submit(workflow([{ id: 'a', capability: 'echo' }]));
    const events = await collect(handle.events());
    for (const [at, { position: after }] of events.slice(0, -1).entries()) {
      const opened = await dispatcher.openEvents(handle.executionId, { after });
      expect(await collect(opened!)).toEqual(events.slice(at + 1));
    }
  });

  it('is none behind the final event, until there is another run', async () => {
    const work = new GatedAgent();
    const { dispatcher } = await makeHarness({ agents: { work: work.run } });
    const handle = await dispatcher.submit(workflow([step('a', { retry: ONCE })]));
    (await work.call(1)).fail(new Error('one'));
    await handle.result();
    const after = (await collect(handle.events())).at(-1)?.position;
    expect(await dispatcher.openEvents(handle.executionId, { after })).toBeUndefined();
    await dispatcher.retry(handle.executionId);
    const opened = await dispatcher.openEvents(handle.executionId, { after });
    (await work.call(2)).succeed('done');
    expect((await collect(opened!)).map(({ run }) => run)).toEqual([2, 2, 2, 2, 2]);
  });

  it.each(['running', 'finished'])('is refused a position that is not of a %s execution', async (state) => {
    const work = new GatedAgent();
    const { dispatcher } = await makeHarness({ agents: { work: work.run } });
    const handle = await dispatcher.submit(workflow([step('a')]));
    const call = await work.call(1);
    const other = await dispatcher.submit(workflow([{ id: 'a', capability: 'echo' }]));
    await other.result();
    if (state === 'finished') {
      call.succeed();
      await handle.result();
    }
    const foreign = (await collect(other.events())).map(({ position }) => position);
    for (const after of [...foreign, 'x', '', '0', '9'.repeat(16)]) {
      expect(await rejection(dispatcher.openEvents(handle.executionId, { after }))).toMatchObject({
        code: 'INVALID_CURSOR',
      });
      expect(await rejection(collect(handle.events({ after })))).toMatchObject({ code: 'INVALID_CURSOR' });
    }
    expect(await rejection(dispatcher.openEvents('nobody', { after: 'x' }))).toMatchObject({
      code: 'EXECUTION_NOT_FOUND',
    });
  });

  it('tells how it ended also to those who read only after the drain', async () => {
    const work = new GatedAgent();
    const { dispatcher } = await makeHarness({ agents: { work: work.run } });
    const handle = await dispatcher.submit(workflow([step('a')]));
    const call = await work.call(1);
    const events = handle.events()[Symbol.asyncIterator]();
    const first = (await events.next()).value as ExecutionEvent;
    const drained = dispatcher.drain();
    call.succeed('done');
    await drained;
    const rest = await collect({ [Symbol.asyncIterator]: () => events });
    expect([first, ...rest].map(({ type }) => type)).toEqual([
      'execution.queued',
      'execution.started',
      'step.started',
      'step.completed',
      'execution.completed',
    ]);
  });
});
