import {
  closeInstance,
  closeInstances,
  makeBackend,
  makeInstance,
  workflow,
  type Instance,
} from './testing/make-schedules.js';

/** The steps of a firing, each once before it is done and once after. */
const STEPS = ['find', 'claim', 'content', 'submit', 'advance', 'plan'] as const;
type Step = (typeof STEPS)[number];
const WINDOWS = STEPS.flatMap((step) => [[step, 'before'] as const, [step, 'after'] as const]);

const MINUTE_MS = 60_000;

/** Makes a step fail the next time, as if the process had died there: what was done before it stays done. */
function failOnce(
  { records, jobs, dispatcher }: Instance,
  step: Step,
  when: 'before' | 'after',
): jest.SpyInstance {
  const owner = step === 'submit' ? dispatcher : step === 'plan' ? jobs : records;
  const target = owner as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>;
  const real = target[step]!.bind(owner);
  return jest.spyOn(target, step).mockImplementationOnce(async (...args) => {
    if (when === 'after') await real(...args);
    throw new Error('died');
  });
}

describe('schedules of several instances', () => {
  afterEach(closeInstances);

  it('fire each time once', async () => {
    const backend = makeBackend();
    const calls: string[] = [];
    const agent = (): number => calls.push(backend.clock.timestamp());
    const instances = [
      await makeInstance({ backend, agent }),
      await makeInstance({ backend, agent }),
      await makeInstance({ backend, agent }),
    ];
    for (let n = 0; n < 20; n++) {
      await instances[n % 3]!.schedules.create({ id: `s${n}`, everyMs: MINUTE_MS, workflow });
    }
    await Promise.all(instances.map(({ schedules }) => schedules.repair()));
    for (let minute = 0; minute < 5; minute++) {
      await backend.clock.advance(MINUTE_MS);
    }
    const fired = instances.flatMap((instance) => instance.eventsOf('schedule.fired'));
    expect(new Set(fired.map(({ scheduleId, at }) => `${scheduleId} ${at}`)).size).toBe(100);
    expect(fired).toHaveLength(100);
    expect(calls).toHaveLength(100);
  });

  it('fire once also when two handle the same time at once', async () => {
    const backend = makeBackend();
    const [one, two] = [await makeInstance({ backend }), await makeInstance({ backend })];
    await one.schedules.create({ id: 'a', everyMs: MINUTE_MS, workflow });
    const { definition } = (await one.records.find('a'))!;
    // Another wake-up for the same time, as one that a clock that ran ahead would leave.
    const due = Date.parse('2026-01-01T00:01:00Z');
    await one.jobs.plan(definition, due, {
      scheduleId: 'a',
      generation: definition.generation,
      wakeAtMs: due,
      round: 0,
    });
    expect(await one.jobs.queue.counts()).toMatchObject({ delayed: 2 });
    await backend.clock.advance(MINUTE_MS);
    expect(await one.submitted()).toHaveLength(1);
    const fired = [one, two].flatMap((instance) => instance.eventsOf('schedule.fired'));
    expect(fired).toHaveLength(1);
    expect(await one.jobs.queue.counts()).toMatchObject({ delayed: 1, waiting: 0, active: 0 });
    await backend.clock.advance(MINUTE_MS);
    expect(await one.submitted()).toHaveLength(2);
  });

  it.each(WINDOWS)('fire once when one dies at `%s`, %s it is done', async (step, when) => {
    const instance = await makeInstance();
    await instance.schedules.create({ id: 'a', everyMs: 10 * MINUTE_MS, workflow });
    const spy = failOnce(instance, step, when);
    await instance.clock.advance(10 * MINUTE_MS);
    expect(spy).toHaveBeenCalled();
    await instance.clock.advance(5 * MINUTE_MS);
    expect(await instance.submitted()).toHaveLength(1);
    expect(await instance.schedules.get('a')).toMatchObject({
      lastAt: '2026-01-01T00:10:00.000Z',
      nextAt: '2026-01-01T00:20:00.000Z',
    });
    expect(await instance.jobs.queue.counts()).toMatchObject({ delayed: 1, waiting: 0, active: 0 });
    await instance.clock.advance(5 * MINUTE_MS);
    expect(await instance.submitted()).toHaveLength(2);
  });

  it.each(['find', 'claim', 'content', 'submit'] as const)(
    'fire a single time once when one dies after `%s`',
    async (step) => {
      const instance = await makeInstance();
      await instance.schedules.create({ id: 'a', at: '2026-01-01T00:10:00Z', workflow });
      const spy = failOnce(instance, step, 'after');
      await instance.clock.advance(15 * MINUTE_MS);
      expect(spy).toHaveBeenCalled();
      expect(await instance.submitted()).toHaveLength(1);
      expect((await instance.schedules.list()).items).toEqual([]);
    },
  );

  it('leave a firing to its successor when its progress was claimed meanwhile', async () => {
    const instance = await makeInstance();
    await instance.schedules.create({ id: 'a', everyMs: MINUTE_MS, workflow });
    const { definition } = (await instance.records.find('a'))!;
    const submit = instance.dispatcher.submit.bind(instance.dispatcher);
    jest.spyOn(instance.dispatcher, 'submit').mockImplementationOnce(async (...args) => {
      const handle = await submit(...args);
      await instance.records.claim(definition);
      return handle;
    });
    await instance.clock.advance(MINUTE_MS);
    expect(instance.eventsOf('schedule.fired')).toEqual([]);
    expect(await instance.schedules.get('a')).toMatchObject({ lastAt: null });
    // Here nobody follows, so that it takes a repair.
    expect(await instance.schedules.repair()).toEqual({ checked: 1, repaired: 1 });
    await instance.clock.advance(1);
    expect(await instance.submitted()).toHaveLength(1);
    expect(instance.eventsOf('schedule.fired')).toHaveLength(1);
  });

  it('write nothing when the schedule was deleted, and made anew, under way', async () => {
    const instance = await makeInstance();
    await instance.schedules.create({ id: 'a', everyMs: MINUTE_MS, workflow });
    const submit = instance.dispatcher.submit.bind(instance.dispatcher);
    jest.spyOn(instance.dispatcher, 'submit').mockImplementationOnce(async (...args) => {
      const handle = await submit(...args);
      await instance.schedules.delete('a');
      await instance.schedules.create({ id: 'a', everyMs: 10 * MINUTE_MS, workflow });
      return handle;
    });
    await instance.clock.advance(MINUTE_MS);
    expect(await instance.schedules.get('a')).toMatchObject({
      lastAt: null,
      nextAt: '2026-01-01T00:11:00.000Z',
    });
    expect(await instance.jobs.queue.counts()).toMatchObject({ delayed: 1, waiting: 0 });
  });

  it('are repaired when the queue was lost, once and page by page', async () => {
    const backend = makeBackend();
    const first = await makeInstance({ backend });
    for (let n = 0; n < 120; n++)
      await first.schedules.create({ id: `s${n}`, everyMs: MINUTE_MS + n * 1_000, workflow });
    await closeInstance(first);
    const second = await makeInstance({ backend: makeBackend(backend.clock, backend.store) });
    await backend.clock.advance(2 * MINUTE_MS);
    expect(await second.submitted()).toEqual([]);
    expect(await second.schedules.repair()).toEqual({ checked: 120, repaired: 120 });
    expect(second.eventsOf('schedule.repaired')).toHaveLength(120);
    expect(await second.schedules.repair()).toEqual({ checked: 120, repaired: 0 });
    await second.clock.advance(0);
    expect(await second.submitted()).toHaveLength(61);
    await expect(second.schedules.repair({ signal: AbortSignal.abort('enough') })).rejects.toBe('enough');
  });

  it('get back a firing that failed too often', async () => {
    const instance = await makeInstance();
    await instance.schedules.create({ id: 'a', everyMs: 10 * MINUTE_MS, workflow });
    const submit = jest.spyOn(instance.dispatcher, 'submit').mockRejectedValue(new Error('out of reach'));
    await instance.clock.advance(15 * MINUTE_MS);
    expect(submit).toHaveBeenCalledTimes(6);
    expect(instance.eventsOf('schedule.skipped')).toEqual([]);
    submit.mockRestore();
    expect(await instance.schedules.repair()).toEqual({ checked: 1, repaired: 1 });
    await instance.clock.advance(1);
    expect(await instance.submitted()).toHaveLength(1);
  });

  describe('when one ends', () => {
    it('hand a firing that its dispatcher refuses to another, at once', async () => {
      const backend = makeBackend();
      const ending = await makeInstance({ backend });
      await ending.schedules.create({ id: 'a', everyMs: MINUTE_MS, workflow });
      // Drained before the schedules were stopped: the dispatcher refuses what is due now.
      const drained = ending.dispatcher.drain();
      backend.clock.held = 1;
      await backend.clock.advance(MINUTE_MS);
      await drained;
      expect(await ending.jobs.queue.counts()).toMatchObject({ active: 1 });
      const other = await makeInstance({ backend });
      // At once, before the rest of the application: how long it waits is counted from here.
      const stopped = ending.schedules.stop();
      const closed = stopped.then(() => closeInstance(ending));
      await backend.clock.advance(5_000);
      await closed;
      backend.clock.held = 0;
      await backend.clock.advance(0);
      expect(await other.submitted()).toHaveLength(1);
      expect(other.eventsOf('schedule.fired')).toEqual([expect.objectContaining({ lateMs: 5_000 })]);
    });

    it('stop before the dispatcher does', async () => {
      const instance = await makeInstance();
      await instance.schedules.create({ id: 'a', everyMs: MINUTE_MS, workflow });
      let release = (): void => {};
      const submit = instance.dispatcher.submit.bind(instance.dispatcher);
      jest.spyOn(instance.dispatcher, 'submit').mockImplementationOnce(async (...args) => {
        instance.clock.held = 1;
        await new Promise<void>((resolve) => (release = resolve));
        return submit(...args);
      });
      await instance.clock.advance(MINUTE_MS);
      const closing = closeInstance(instance);
      release();
      await closing;
      expect(instance.eventsOf('schedule.fired')).toHaveLength(1);
      expect(instance.eventsOf('execution.completed')).toHaveLength(1);
    });
  });
});
