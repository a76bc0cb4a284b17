import type { AgentTask } from '#agent-pool';
import {
  closeInstance,
  closeInstances,
  makeBackend,
  makeInstance,
  workflow,
  type Instance,
} from './testing/make-schedules.js';

const DAY_MS = 86_400_000;

const lastOf = async ({ schedules }: Instance, id: string) => {
  const { nextAt, lastAt } = await schedules.get(id);
  return { nextAt, lastAt };
};

describe('a schedule', () => {
  let instance: Instance;
  afterEach(closeInstances);

  it('by cron submits at each of its times', async () => {
    const inputs: unknown[] = [];
    instance = await makeInstance({ agent: ({ input }: AgentTask) => inputs.push(input) });
    const steps = [{ id: 'only', capability: 'work', input: '{% $input.region %}' }];
    const { schedules, clock } = instance;
    await schedules.create({
      id: 'a',
      cron: '*/15 * * * *',
      workflow: { id: 'w', steps },
      input: { region: 'eu' },
      priority: 9,
      timeoutMs: 1_234,
    });
    await clock.advance(45 * 60_000);
    expect(inputs).toEqual(['eu', 'eu', 'eu']);
    expect(await instance.submitted()).toEqual([
      '2026-01-01T00:15:00.000Z',
      '2026-01-01T00:30:00.000Z',
      '2026-01-01T00:45:00.000Z',
    ]);
    const fired = instance.eventsOf('schedule.fired');
    expect(fired.map(({ at, lateMs }) => [at, lateMs])).toEqual(
      (await instance.submitted()).map((at) => [at, 0]),
    );
    expect(await schedules.get('a')).toMatchObject({
      lastAt: '2026-01-01T00:45:00.000Z',
      lastExecutionId: fired[2]!.executionId,
      nextAt: '2026-01-01T01:00:00.000Z',
    });
    expect(await instance.dispatcher.get(fired[0]!.executionId)).toMatchObject({
      workflowId: 'w',
      priority: 9,
      timeoutMs: 1_234,
    });
  });

  it('by a period does not drift, however late each firing is', async () => {
    instance = await makeInstance();
    const { clock, schedules, dispatcher } = instance;
    const submit = dispatcher.submit.bind(dispatcher);
    jest.spyOn(dispatcher, 'submit').mockImplementation(async (...args) => {
      clock.held++;
      await clock.sleep(300);
      clock.held--;
      return submit(...args);
    });
    await schedules.create({ id: 'a', everyMs: 1_000, workflow });
    await clock.advance(4_999);
    expect(instance.eventsOf('schedule.fired').map(({ at }) => at)).toEqual([
      '2026-01-01T00:00:01.000Z',
      '2026-01-01T00:00:02.000Z',
      '2026-01-01T00:00:03.000Z',
      '2026-01-01T00:00:04.000Z',
    ]);
  });

  it('of a single time fires then and is gone; the execution is the record', async () => {
    instance = await makeInstance();
    const { schedules, clock, dispatcher, jobs } = instance;
    await schedules.create({ id: 'a', at: '2026-01-01T02:00:00+01:00', workflow });
    await clock.advance(3_600_000 - 1);
    expect(await instance.submitted()).toEqual([]);
    await clock.advance(1);
    await expect(schedules.get('a')).rejects.toMatchObject({ code: 'SCHEDULE_NOT_FOUND' });
    expect((await schedules.list()).items).toEqual([]);
    expect(instance.eventsOf('schedule.deleted')).toEqual([{ scheduleId: 'a', reason: 'finished' }]);
    const [fired] = instance.eventsOf('schedule.fired');
    expect(await dispatcher.get(fired!.executionId)).toMatchObject({ status: 'completed' });
    await clock.advance(DAY_MS);
    expect(await instance.submitted()).toEqual(['2026-01-01T01:00:00.000Z']);
    expect(await jobs.queue.counts()).toMatchObject({ delayed: 0, waiting: 0, active: 0 });
  });

  it('fires at a time that is further away than any delay', async () => {
    instance = await makeInstance();
    const { schedules, clock, jobs } = instance;
    await schedules.create({ id: 'a', cron: '0 0 1 7 *', workflow });
    for (let day = 0; day < 181; day++) {
      expect(await jobs.queue.counts()).toMatchObject({ delayed: 1 });
      expect(await schedules.repair()).toEqual({ checked: 1, repaired: 0 });
      await clock.advance(DAY_MS);
    }
    expect(await instance.submitted()).toEqual(['2026-07-01T00:00:00.000Z']);
    expect(await lastOf(instance, 'a')).toMatchObject({ nextAt: '2027-07-01T00:00:00.000Z' });
  });

  it('waits for its time when the wall clock was set back, and fires once', async () => {
    instance = await makeInstance();
    const { schedules, clock } = instance;
    await schedules.create({ id: 'a', everyMs: 60_000, workflow });
    let backMs = 30_000;
    const now = clock.now.bind(clock);
    jest.spyOn(clock, 'now').mockImplementation(() => now() - backMs);
    await clock.advance(60_000);
    expect(await instance.submitted()).toEqual([]);
    // And once more, so that the second job comes too early as well.
    backMs = 35_000;
    await clock.advance(30_000);
    expect(await instance.submitted()).toEqual([]);
    await clock.advance(5_000);
    expect(await instance.submitted()).toEqual(['2026-01-01T00:01:00.000Z']);
  });

  describe('that was missed', () => {
    /** Down from 00:00:30 to 01:00:30. */
    async function afterAnHourDown(missed: 'skip' | 'run-once', timing: object): Promise<Instance> {
      const backend = makeBackend();
      const first = await makeInstance({ backend });
      await first.schedules.create({ id: 'a', workflow, missed, ...timing });
      await backend.clock.advance(30_000);
      await closeInstance(first);
      await backend.clock.advance(3_600_000);
      const second = await makeInstance({ backend });
      await backend.clock.advance(0);
      return second;
    }

    it('runs once for all that were missed, then at its next time', async () => {
      instance = await afterAnHourDown('run-once', { everyMs: 60_000 });
      expect(await instance.submitted()).toEqual(['2026-01-01T01:00:30.000Z']);
      expect(await lastOf(instance, 'a')).toEqual({
        lastAt: '2026-01-01T00:01:00.000Z',
        nextAt: '2026-01-01T01:01:00.000Z',
      });
      expect(instance.eventsOf('schedule.fired')).toEqual([
        expect.objectContaining({ at: '2026-01-01T00:01:00.000Z', lateMs: 3_570_000 }),
      ]);
      await instance.clock.advance(30_000);
      expect(await instance.submitted()).toHaveLength(2);
    });

    it('is skipped where that was asked for, and said to be', async () => {
      instance = await afterAnHourDown('skip', { everyMs: 60_000 });
      expect(await instance.submitted()).toEqual([]);
      expect(instance.eventsOf('schedule.skipped')).toEqual([
        { scheduleId: 'a', at: '2026-01-01T00:01:00.000Z', reason: 'missed', error: null },
      ]);
      expect(await lastOf(instance, 'a')).toEqual({ lastAt: null, nextAt: '2026-01-01T01:01:00.000Z' });
      await instance.clock.advance(30_000);
      expect(await instance.submitted()).toEqual(['2026-01-01T01:01:00.000Z']);
    });

    it('runs if its single time is to be made up for', async () => {
      instance = await afterAnHourDown('run-once', { at: '2026-01-01T00:02:00Z' });
      expect(await instance.submitted()).toEqual(['2026-01-01T01:00:30.000Z']);
      expect((await instance.schedules.list()).items).toEqual([]);
    });

    it('is dropped if its single time is not', async () => {
      instance = await afterAnHourDown('skip', { at: '2026-01-01T00:02:00Z' });
      expect(await instance.submitted()).toEqual([]);
      expect((await instance.schedules.list()).items).toEqual([]);
      const types = instance.events.map(({ type }) => type).filter((type) => type.startsWith('schedule.'));
      expect(types).toEqual(['schedule.skipped', 'schedule.deleted']);
    });

    it('is not missed within `maxLateMs`', async () => {
      const backend = makeBackend();
      const first = await makeInstance({ backend });
      await first.schedules.create({ id: 'a', everyMs: 60_000, missed: 'skip', workflow });
      await closeInstance(first);
      await backend.clock.advance(65_000);
      instance = await makeInstance({ backend, maxLateMs: 5_000 });
      await backend.clock.advance(0);
      expect(instance.eventsOf('schedule.fired')).toEqual([expect.objectContaining({ lateMs: 5_000 })]);
    });
  });

  describe('whose submit is refused', () => {
    it('goes on with its next time when the workflow cannot be run any more, and says why', async () => {
      const backend = makeBackend();
      const first = await makeInstance({ backend });
      await first.schedules.create({ id: 'a', everyMs: 60_000, workflow });
      await closeInstance(first);
      instance = await makeInstance({ backend, without: ['work'] });
      await backend.clock.advance(120_000);
      const skipped = instance.eventsOf('schedule.skipped');
      expect(skipped.map(({ at, reason, error }) => [at, reason, error?.code])).toEqual([
        ['2026-01-01T00:01:00.000Z', 'refused', 'VALIDATION_FAILED'],
        ['2026-01-01T00:02:00.000Z', 'refused', 'VALIDATION_FAILED'],
      ]);
      expect(await lastOf(instance, 'a')).toEqual({ lastAt: null, nextAt: '2026-01-01T00:03:00.000Z' });
    });

    /** One execution runs for as long as it is let, one waits, and there is room for no more. */
    async function withFullQueue(): Promise<() => void> {
      let open = (): void => {};
      const gate = new Promise<void>((resolve) => (open = resolve));
      instance = await makeInstance({
        dispatch: { maxConcurrentWorkflows: 1, maxQueueDepth: 1 },
        agent: () => gate,
      });
      await instance.schedules.create({ id: 'a', everyMs: 3_600_000, workflow });
      const { clock, dispatcher } = instance;
      await clock.advance(3_599_000);
      clock.held = 2;
      await dispatcher.submit(workflow);
      await clock.advance(0);
      await dispatcher.submit(workflow);
      return () => {
        clock.held = 0;
        open();
      };
    }

    it('tries again while the queue is full', async () => {
      const release = await withFullQueue();
      await instance.clock.advance(1_000);
      expect(instance.eventsOf('schedule.fired')).toEqual([]);
      release();
      await instance.clock.advance(60_000);
      expect(instance.eventsOf('schedule.fired')).toEqual([
        expect.objectContaining({ at: '2026-01-01T01:00:00.000Z' }),
      ]);
      expect(await instance.submitted()).toHaveLength(3);
    });

    it('skips it when the queue stays full', async () => {
      const release = await withFullQueue();
      await instance.clock.advance(120_000);
      expect(instance.eventsOf('schedule.skipped')).toEqual([
        expect.objectContaining({
          reason: 'refused',
          error: expect.objectContaining({ code: 'QUEUE_FULL', retryable: true }),
        }),
      ]);
      expect(await lastOf(instance, 'a')).toMatchObject({ nextAt: '2026-01-01T02:00:00.000Z' });
      release();
    });
  });
});
