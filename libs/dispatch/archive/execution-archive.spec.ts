import fc from 'fast-check';
import { MemoryStateStore } from '#state';
import { GatedAgent } from '../testing/gated-agent.js';
import { closeHarnesses, makeHarness, makeSharedStore, type Harness } from '../testing/make-harness.js';
import { randomCopies } from '../testing/random-copy.js';
import { until } from '../testing/until.js';
import { ONCE, collect, rejection, step, workflow } from '../testing/workflows.js';
import { ExecutionCopies } from '../execution/execution-copies.js';
import { MAX_LINE_LENGTH, fromLine, toLine } from './archive-line.js';
import { ExecutionArchive, type ImportReport } from './execution-archive.js';

afterEach(closeHarnesses);
afterEach(() => jest.restoreAllMocks());

const archiveOf = ({ app }: Harness): ExecutionArchive => app.get(ExecutionArchive, { strict: false });

async function* textOf(lines: readonly string[]): AsyncGenerator<Uint8Array> {
  yield Buffer.from(lines.map((line) => `${line}\n`).join(''));
}

function report(given: Partial<ImportReport>): ImportReport {
  return { read: 0, imported: 0, resumed: 0, existing: 0, refused: 0, ...given };
}

/** Two completed, one failed, one running in its second step and two that wait; all with what they left behind. */
async function makeHouse(): Promise<{ harness: Harness; work: GatedAgent; ids: string[] }> {
  const work = new GatedAgent();
  const harness = await makeHarness({ agents: { work: work.run }, maxConcurrentWorkflows: 1 });
  const { dispatcher, clock } = harness;
  const ids: string[] = [];
  const submit = async (more: object, options: object = {}): Promise<void> => {
    await clock.advance(1_000);
    ids.push((await dispatcher.submit(workflow([step('a', { retry: ONCE })], more), options)).executionId);
  };
  await submit({ id: 'first' }, { idempotencyKey: 'k', input: { n: 1 } });
  (await work.call(1)).succeed({ n: 2 });
  await submit({ id: 'second' });
  (await work.call(2)).fail(new Error('no'));
  await submit({ id: 'third' });
  (await work.call(3)).fail(new Error('no'));
  await dispatcher.wait(ids[2] ?? '');
  await dispatcher.retry(ids[2] ?? '');
  (await work.call(4)).succeed();
  await dispatcher.wait(ids[2] ?? '');
  await clock.advance(1_000);
  const steps = [step('a'), step('b', { dependsOn: ['a'] })];
  ids.push((await dispatcher.submit(workflow(steps, { id: 'running' }))).executionId);
  (await work.call(5)).succeed('A');
  await work.call(6);
  await submit({ id: 'waiting' });
  await submit({ id: 'waiting' }, { priority: 9 });
  return { harness, work, ids };
}

describe('an archive of executions', () => {
  it('is the same again after it was imported into an empty house and exported from there', async () => {
    await fc.assert(
      fc.asyncProperty(randomCopies, async (copies) => {
        const lines = copies.map((copy) => toLine(copy) ?? '');
        const store = new MemoryStateStore();
        const archive = new ExecutionArchive(new ExecutionCopies(store), store, noQueue());
        const imported = await archive.import(textOf(lines));
        expect(imported).toMatchObject({ imported: lines.length, refused: 0 });
        expect(new Set(await collect(archive.export()))).toEqual(new Set(lines));
        await store.close();
      }),
      { numRuns: 60 },
    );
  });

  it('moves a house: what is finished is there, what is not goes on with what it completed', async () => {
    const { harness, work, ids } = await makeHouse();
    const lines = await collect(archiveOf(harness).export());
    expect(
      lines.map((line) => (JSON.parse(line) as { facts: { executionId: string } }).facts.executionId),
    ).toEqual(ids);

    const there = new GatedAgent();
    const store = makeSharedStore();
    const next = await makeHarness({ agents: { work: there.run }, store, clock: harness.clock });
    expect(await archiveOf(next).import(textOf(lines))).toEqual(report({ read: 6, imported: 6, resumed: 3 }));

    for (const id of ids.slice(0, 3))
      expect(await next.dispatcher.get(id)).toEqual(await harness.dispatcher.get(id));
    expect(await archiveOf(next).counts()).toMatchObject({ completed: 2, failed: 1 });
    await until(() => there.calls.length === 3);
    // Its first step is not run again, its second as the next attempt with the same key.
    const [again] = there.calls.filter(({ task }) => task.executionId === ids[3]);
    expect(again?.task).toMatchObject({ stepId: 'b', attempt: 2 });
    expect(again?.context.idempotencyKey).toBe(work.calls[5]?.context.idempotencyKey);
    for (const call of there.calls) call.succeed('done');
    for (const id of ids.slice(3)) expect((await next.dispatcher.wait(id)).status).toBe('completed');
    expect((await next.dispatcher.get(ids[3] ?? '')).steps).toMatchObject({
      a: { attempts: 1 },
      b: { attempts: 2 },
    });
  });

  it('keeps what an execution is known by: its key, its runs, and the ids of its events', async () => {
    const { harness, ids } = await makeHouse();
    const lines = await collect(archiveOf(harness).export());
    const next = await makeHarness({ agents: { work: () => 'done' }, store: makeSharedStore() });
    await archiveOf(next).import(textOf(lines));
    const first = workflow([step('a', { retry: ONCE })], { id: 'first' });
    const same = await next.dispatcher.submit(first, { idempotencyKey: 'k', input: { n: 1 } });
    expect(same.executionId).toBe(ids[0]);
    expect((await rejection(next.dispatcher.submit(first, { idempotencyKey: 'k' }))).code).toBe(
      'IDEMPOTENCY_KEY_REUSED',
    );
    await next.dispatcher.wait(ids[3] ?? '');
    for (const id of [ids[2], ids[3]]) {
      const events = await collect(next.dispatcher.events(id ?? ''));
      expect(new Set(events.map((event) => event.id)).size).toBe(events.length);
      expect(events.map(({ missed }) => missed)).not.toContain(1);
    }
    const retried = await next.dispatcher.retry(ids[1] ?? '');
    expect((await retried.result()).status).toBe('completed');
  });

  it('is imported once, however often', async () => {
    const { harness } = await makeHouse();
    const lines = await collect(archiveOf(harness).export());
    const next = await makeHarness({ consume: false, store: makeSharedStore() });
    const archive = archiveOf(next);
    const stop = new AbortController();
    const onLine = ({ read }: { read: number }): void => {
      if (read === 2) stop.abort();
    };
    expect(await archive.import(textOf(lines), {}, { signal: stop.signal, onLine })).toEqual(
      report({ read: 2, imported: 2 }),
    );
    expect(await archive.import(textOf(lines), { dryRun: true })).toEqual(
      report({ read: 6, imported: 4, resumed: 3, existing: 2 }),
    );
    expect(await archive.import(textOf([...lines, ...lines]))).toEqual(
      report({ read: 12, imported: 4, resumed: 3, existing: 8 }),
    );
    expect(await next.queue.counts()).toMatchObject({ waiting: 3 });
    // The house that it came from has all of it, and its work under way is left alone.
    expect(await archiveOf(harness).import(textOf(lines))).toEqual(report({ read: 6, existing: 6 }));
    expect(await collect(archive.export())).toEqual(lines);
  });

  it('is written whole or not at all, and an import that died is no lost worker', async () => {
    const { harness, ids } = await makeHouse();
    const running = (await collect(archiveOf(harness).export())).slice(3, 4);
    const [id = ''] = ids.slice(3);
    const next = await makeHarness({ consume: false, store: makeSharedStore() });
    jest.spyOn(next.store, 'commit').mockRejectedValueOnce(new Error('died'));
    await expect(archiveOf(next).import(textOf(running))).rejects.toThrow('died');
    expect((await rejection(next.dispatcher.get(id))).code).toBe('EXECUTION_NOT_FOUND');
    expect(await archiveOf(next).import(textOf(running))).toMatchObject({ imported: 1, resumed: 1 });
    // The one that had it where it comes from.
    expect((await next.executions.claim(id))?.lostWorkers).toBe(1);
  });

  it('leaves the job of what it wrote last to the repair, when it died before it was added', async () => {
    const { harness, ids } = await makeHouse();
    const lines = await collect(archiveOf(harness).export());
    const agents = { work: () => 'done' };
    const next = await makeHarness({ agents, store: makeSharedStore(), clock: harness.clock });
    jest.spyOn(next.queue, 'enqueue').mockRejectedValueOnce(new Error('died'));
    await expect(archiveOf(next).import(textOf(lines))).rejects.toThrow('died');
    expect(await archiveOf(next).import(textOf(lines))).toMatchObject({ existing: 4 });
    await next.dispatcher.maintain({ olderThanMs: 0 });
    for (const id of ids.slice(3)) expect((await next.dispatcher.wait(id)).status).toBe('completed');
  });

  it('tells lines that are none, and reads the others', async () => {
    const { harness } = await makeHouse();
    const [good = '', other = ''] = await collect(archiveOf(harness).export());
    const next = await makeHarness({ store: makeSharedStore() });
    const changed = (change: (line: LooseLine) => void): string => {
      const line = JSON.parse(other) as LooseLine;
      change(line);
      return JSON.stringify(line);
    };
    const lines = [
      '{"version": 1',
      '[]',
      changed((line) => (line.version = 2)),
      changed((line) => delete line.fingerprint),
      changed((line) => (line.more = 1)),
      changed((line) => (line.workflow.id = 'other')),
      changed((line) => (line.state.finishedAt = null)),
      changed((line) => (line.state.run = 2)),
      changed((line) => (line.steps = { zz: line.steps.a })),
      changed((line) => (line.events[0]!.data.executionId = 'other')),
      changed((line) => (line.events = [])),
      changed((line) => (line.facts.executionId = '\ud800')),
      changed((line) => Object.assign(line, JSON.parse('{"input": {"__proto__": 1}}'))),
      changed((line) => {
        line.facts.idempotencyKey = (JSON.parse(good) as LooseLine).facts.idempotencyKey;
        line.fingerprint = 'f';
      }),
    ];
    const refused: [number, string][] = [];
    const text = textOf([good, '', ...lines, other]);
    const done = await archiveOf(next).import(text, {}, { onRefused: (...why) => refused.push(why) });
    expect(done).toEqual(report({ read: 16, imported: 2, refused: 14 }));
    expect(refused).toEqual([
      [3, 'is not JSON'],
      [4, expect.stringContaining('expected object')],
      [5, 'is of version 2; version 1 is known here'],
      [6, expect.stringContaining('fingerprint')],
      [7, 'more unknown key'],
      [8, 'workflow.id must be facts.workflowId'],
      [9, 'state.finishedAt does not fit the status failed'],
      [10, 'events must end with the end of the execution'],
      [11, 'steps.zz is no step of the workflow'],
      [12, 'events[0].data.executionId must be facts.executionId'],
      [13, expect.stringContaining('events must hold at least one event')],
      [14, expect.stringContaining('facts.executionId must be well-formed Unicode')],
      [15, expect.stringContaining('input')],
      [16, 'its idempotency key stands for another execution here'],
    ]);
  });

  it('refuses a line that no commit can hold, and one that nobody can hold', async () => {
    const { harness } = await makeHouse();
    const [good = ''] = await collect(archiveOf(harness).export());
    async function* text(): AsyncGenerator<Uint8Array> {
      const piece = Buffer.alloc(16 * 1_048_576, 'x');
      for (let bytes = 0; bytes <= MAX_LINE_LENGTH; bytes += piece.length) yield piece;
      yield Buffer.from(`\n${good}`);
    }
    const next = await makeHarness({ store: makeSharedStore() });
    const onRefused = jest.fn();
    expect(await archiveOf(next).import(text(), {}, { onRefused })).toMatchObject({
      read: 2,
      imported: 1,
      refused: 1,
    });
    expect(onRefused.mock.calls).toEqual([[1, `has more than ${MAX_LINE_LENGTH} characters`]]);
  });
});

describe('an export', () => {
  it('holds what it is asked for, in the order that it is asked for', async () => {
    const { harness, ids } = await makeHouse();
    const archive = archiveOf(harness);
    const idsOf = async (options: Parameters<ExecutionArchive['export']>[0]): Promise<string[]> =>
      (await collect(archive.export(options))).map(
        (line) => (JSON.parse(line) as LooseLine).facts.executionId ?? '',
      );
    const [first, second, third, running, waiting, urgent] = ids;
    expect(await idsOf({ order: 'newest' })).toEqual([...ids].reverse());
    expect(await idsOf({ statuses: ['failed'] })).toEqual([second]);
    expect(await idsOf({ statuses: ['pending', 'running'] })).toEqual([running, waiting, urgent]);
    expect(await idsOf({ workflowId: 'waiting', statuses: ['pending'] })).toEqual([waiting, urgent]);
    const { submittedAt } = await harness.dispatcher.get(third ?? '');
    expect(await idsOf({ since: submittedAt })).toEqual([third, running, waiting, urgent]);
    expect(await idsOf({ since: submittedAt, order: 'newest' })).toEqual([urgent, waiting, running, third]);
    expect(await idsOf({ workflowId: 'first', since: submittedAt })).toEqual([]);
    expect(first).toBeDefined();
    expect((await rejection(idsOf({ since: 'yesterday' }))).code).toBe('VALIDATION_FAILED');
  });

  it('shows each execution as it was at one moment, however fast it changes', async () => {
    const { harness, work, ids } = await makeHouse();
    const running = ids[3] ?? '';
    const read = harness.store.get.bind(harness.store);
    // The second step ends right after the record was read.
    jest.spyOn(harness.store, 'get').mockImplementationOnce(async (...args) => {
      const fields = await read(...args);
      work.calls[5]?.succeed('B');
      await harness.dispatcher.wait(running);
      return fields;
    });
    const [line = ''] = await collect(archiveOf(harness).export({ workflowId: 'running' }));
    const { state, steps, events } = JSON.parse(line) as LooseLine;
    expect([state.status, steps.b?.status, events.at(-1)?.type]).toEqual([
      'completed',
      'completed',
      'execution.completed',
    ]);
  });

  it('leaves out what never holds still, and says so', async () => {
    const { harness, ids } = await makeHouse();
    const running = ids[3] ?? '';
    const read = harness.store.get.bind(harness.store);
    jest.spyOn(harness.store, 'get').mockImplementation(async (key, fields) => {
      const found = await read(key, fields);
      if (key === `execution:${running}`)
        await harness.store.commit({ append: [{ log: key, entry: { more: 1 } }] });
      return found;
    });
    const onLeftOut = jest.fn();
    const lines = await collect(archiveOf(harness).export({}, { onLeftOut }));
    expect(lines).toHaveLength(5);
    expect(onLeftOut.mock.calls).toEqual([[running, 'changes faster than it can be read']]);
  });

  it('ends with its signal', async () => {
    const { harness } = await makeHouse();
    const stop = new AbortController();
    const lines: string[] = [];
    for await (const line of archiveOf(harness).export({}, { signal: stop.signal })) {
      lines.push(line);
      stop.abort();
    }
    expect(lines).toHaveLength(1);
  });
});

interface LooseLine {
  version: number;
  fingerprint?: string | null;
  more?: unknown;
  facts: { executionId?: string; idempotencyKey: string | null };
  workflow: { id: string };
  state: { status: string; run: number; finishedAt: string | null };
  steps: Record<string, { status: string } | undefined>;
  events: { type: string; data: { executionId: string } }[];
}

/** Jobs are not what it is about. */
function noQueue(): ConstructorParameters<typeof ExecutionArchive>[2] {
  return { add: () => Promise.resolve() } as unknown as ConstructorParameters<typeof ExecutionArchive>[2];
}

describe('a line', () => {
  it('is read as what it was written from', () => {
    fc.assert(
      fc.property(randomCopies, (copies) => {
        for (const copy of copies) expect(fromLine(toLine(copy) ?? '')).toEqual({ copy });
      }),
    );
  });
});
