import { ValidationError } from '#core';
import { closeInstances, makeInstance, workflow, type Instance } from './testing/make-schedules.js';

const DAY_MS = 86_400_000;

describe('WorkflowSchedules', () => {
  let instance: Instance;
  afterEach(closeInstances);

  describe('create, get, list and delete', () => {
    beforeEach(async () => (instance = await makeInstance({ maxSchedules: 3 })));

    it('gives back what is on record, with the next time', async () => {
      const { schedules } = instance;
      const created = await schedules.create({
        id: 'nightly',
        cron: '30 1 * * *',
        timezone: 'Europe/Berlin',
        workflow,
        input: { region: 'eu' },
        priority: 8,
        timeoutMs: 5_000,
        missed: 'skip',
      });
      expect(created).toEqual({
        scheduleId: 'nightly',
        workflowId: 'report',
        cron: '30 1 * * *',
        timezone: 'Europe/Berlin',
        everyMs: null,
        at: null,
        missed: 'skip',
        priority: 8,
        timeoutMs: 5_000,
        createdAt: '2026-01-01T00:00:00.000Z',
        nextAt: '2026-01-01T00:30:00.000Z',
        lastAt: null,
        lastExecutionId: null,
        workflow,
        input: { region: 'eu' },
      });
      expect(await schedules.get('nightly')).toEqual(created);
      expect(instance.eventsOf('schedule.created')).toEqual([
        { scheduleId: 'nightly', workflowId: 'report', nextAt: '2026-01-01T00:30:00.000Z' },
      ]);
    });

    it('lists the newest first, page by page, without workflow and input', async () => {
      const { schedules, clock } = instance;
      for (const id of ['a', 'b', 'c']) {
        await schedules.create({ id, everyMs: DAY_MS, workflow });
        await clock.advance(1);
      }
      const { items, nextCursor } = await schedules.list({ limit: 2 });
      expect(items.map(({ scheduleId }) => scheduleId)).toEqual(['c', 'b']);
      expect(items[0]).not.toHaveProperty('workflow');
      const rest = await schedules.list({ limit: 2, cursor: nextCursor! });
      expect(rest.items.map(({ scheduleId }) => scheduleId)).toEqual(['a']);
      expect(rest.nextCursor).toBeNull();
    });

    it('takes any legal id, or makes one', async () => {
      const { schedules } = instance;
      const long = ':0/'.padEnd(256, '€');
      await schedules.create({ id: long, everyMs: DAY_MS, workflow });
      expect((await schedules.get(long)).scheduleId).toBe(long);
      const { scheduleId } = await schedules.create({ everyMs: DAY_MS, workflow });
      expect(scheduleId).toMatch(/^[0-9a-f-]{36}$/);
      await schedules.delete(long);
      await expect(schedules.get(long)).rejects.toMatchObject({ code: 'SCHEDULE_NOT_FOUND' });
    });

    it('refuses an id that is taken, and more than there may be', async () => {
      const { schedules } = instance;
      await schedules.create({ id: 'a', everyMs: DAY_MS, workflow });
      await expect(schedules.create({ id: 'a', everyMs: 5_000, workflow })).rejects.toMatchObject({
        code: 'SCHEDULE_EXISTS',
        details: { scheduleId: 'a' },
      });
      const all = await Promise.allSettled(
        ['b', 'c', 'd', 'e'].map((id) => schedules.create({ id, everyMs: DAY_MS, workflow })),
      );
      expect(all.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'rejected']);
      expect(all[3]).toMatchObject({ reason: { code: 'SCHEDULES_FULL', details: { maxSchedules: 3 } } });
      await schedules.delete('a');
      await schedules.create({ id: 'd', everyMs: DAY_MS, workflow });
    });

    it('deletes once, with the job, and leaves what was submitted', async () => {
      const { schedules, clock, jobs, dispatcher } = instance;
      await schedules.create({ id: 'a', everyMs: 10_000, workflow });
      await clock.advance(10_000);
      const { lastExecutionId } = await schedules.get('a');
      await schedules.delete('a');
      await expect(schedules.delete('a')).rejects.toMatchObject({ code: 'SCHEDULE_NOT_FOUND' });
      expect(await jobs.queue.counts()).toMatchObject({ delayed: 0, waiting: 0, active: 0 });
      await clock.advance(60_000);
      expect(await dispatcher.get(lastExecutionId!)).toMatchObject({ status: 'completed' });
      expect(await instance.submitted()).toHaveLength(1);
      expect(instance.eventsOf('schedule.deleted')).toEqual([{ scheduleId: 'a', reason: 'requested' }]);
    });

    it('starts anew under the id of one that was deleted', async () => {
      const { schedules, clock } = instance;
      await schedules.create({ id: 'a', everyMs: 10_000, workflow });
      await clock.advance(10_000);
      await schedules.delete('a');
      await schedules.create({ id: 'a', everyMs: 20_000, workflow });
      await clock.advance(20_000);
      expect(await schedules.get('a')).toMatchObject({ lastAt: '2026-01-01T00:00:30.000Z' });
      expect(await instance.submitted()).toHaveLength(2);
    });

    it('counts a period from the moment of its creation, however long the check of its workflow took', async () => {
      const { schedules, clock, dispatcher } = instance;
      const validate = dispatcher.validate.bind(dispatcher);
      jest.spyOn(dispatcher, 'validate').mockImplementationOnce(async (document) => {
        await clock.sleep(300);
        return validate(document);
      });
      const creating = schedules.create({ everyMs: 1_000, workflow });
      await clock.advance(300);
      expect(await creating).toMatchObject({
        createdAt: '2026-01-01T00:00:00.300Z',
        nextAt: '2026-01-01T00:00:01.300Z',
      });
    });

    it('takes none when the application ends', async () => {
      const { schedules } = instance;
      await schedules.stop();
      await expect(schedules.create({ everyMs: DAY_MS, workflow })).rejects.toMatchObject({
        code: 'SHUTTING_DOWN',
        retryable: true,
      });
    });

    it('leaves no schedule behind when its job cannot be added', async () => {
      const { schedules, jobs } = instance;
      jest.spyOn(jobs.queue, 'enqueue').mockRejectedValueOnce(new Error('out of reach'));
      await expect(schedules.create({ id: 'a', everyMs: DAY_MS, workflow })).rejects.toThrow('out of reach');
      await expect(schedules.get('a')).rejects.toMatchObject({ code: 'SCHEDULE_NOT_FOUND' });
      expect(instance.eventsOf('schedule.created')).toEqual([]);
    });
  });

  describe('refuses', () => {
    beforeEach(async () => (instance = await makeInstance()));

    const problemsOf = async (request: unknown): Promise<string[]> => {
      const error: unknown = await instance.schedules
        .create(request as never)
        .catch((thrown: unknown) => thrown);
      if (!(error instanceof ValidationError)) throw new Error(`not refused: ${String(error)}`);
      expect(await instance.schedules.validate(request)).toEqual(error.problems);
      return error.problems.map(({ path, message }) => `${path}: ${message}`);
    };

    it('everything that is wrong at once, with that of the workflow', async () => {
      const problems = await problemsOf({
        id: '',
        everyMs: 999,
        priority: 11,
        missed: 'never',
        surprise: 1,
        input: { nan: NaN },
        workflow: { id: 'w', steps: [{ id: 'a', capability: 'nowhere' }] },
      });
      expect(problems.map((problem) => problem.split(':')[0])).toEqual(
        expect.arrayContaining([
          'id',
          'everyMs',
          'priority',
          'missed',
          'surprise',
          'input.nan',
          'workflow.steps[0].capability',
        ]),
      );
    });

    it.each([
      [{}, ['', 'workflow']],
      [{ workflow }, ['']],
      [{ workflow, everyMs: 1_000, at: '2030-01-01T00:00:00Z', cron: '* * * * *' }, ['everyMs', 'at']],
      [{ workflow, everyMs: 1_000, timezone: 'Europe/Berlin' }, ['timezone']],
      [{ workflow, cron: '* * * * *', timezone: 'Mars/Phobos' }, ['timezone']],
      [{ workflow, cron: '* * * * *', timezone: '+02:00' }, ['timezone']],
      [{ workflow, everyMs: 1.5 }, ['everyMs']],
      [{ workflow, everyMs: 1e12 }, ['everyMs']],
      [{ workflow, everyMs: NaN }, ['everyMs']],
      [{ workflow, at: '2026-01-01T00:00:00Z' }, ['at']],
      [{ workflow, at: Date.UTC(2025, 0) }, ['at']],
      [{ workflow, at: 'tomorrow' }, ['at']],
      [{ workflow, at: '2030-01-01T00:00:00' }, ['at']],
      [{ workflow, at: 1e300 }, ['at']],
    ])('%j', async (request, paths) => {
      const problems = await problemsOf(request);
      expect([...new Set(problems.map((problem) => problem.split(':')[0]))]).toEqual(paths);
    });

    it.each([
      '',
      '* * * *',
      '* * * * * * *',
      '@daily',
      '61 * * * *',
      'H H * * *',
      '0,H(1-5) * * * *',
      '0 0 30 2 *',
      '*/0 * * * *',
      '__proto__ * * * *',
      '1'.repeat(1_000),
    ])('the cron expression %j', async (cron) => {
      const problems = await problemsOf({ workflow, cron });
      expect(problems).toEqual([expect.stringMatching(/^cron: \S/)]);
    });

    it.each([null, 7, 'x', []])('a request that is %j', async (request) => {
      expect((await problemsOf(request)).length).toBeGreaterThan(0);
    });

    it('what is no JSON, whatever a getter says of it', async () => {
      const request = { everyMs: 1_000, workflow: { ...workflow, metadata: { at: new Date(0) } } };
      expect(await problemsOf(request)).toEqual([expect.stringMatching(/^workflow\.metadata\.at/)]);
    });
  });
});
