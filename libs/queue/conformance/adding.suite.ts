import { QueueError } from '../ports/queue.errors.js';
import type { AddOptions } from '../ports/job.js';
import { useQueueBench, type QueueDriverUnderTest } from './queue-driver-under-test.js';
import { handleInTurn, reaches } from './waiting.js';

const ODD_IDS = [
  'ünï-çødé',
  '🦄👩‍👩‍👧',
  'مرحبا',
  ':',
  '0',
  '0:1',
  'a:b:c',
  '123',
  '-5',
  '007',
  '../../etc/passwd',
  'a\r\nSET x 1\r\n',
  '__proto__',
  'constructor',
  '{tag}',
  ' ',
  '*',
  'x'.repeat(256),
];

const BAD_NUMBERS = [NaN, Infinity, -Infinity, -1, 1.5, 2 ** 31, '1', null, {}];

function cycle(): unknown {
  const value: Record<string, unknown> = {};
  value.self = value;
  return value;
}

export function describeAdding(underTest: QueueDriverUnderTest): void {
  describe('adding', () => {
    const bench = useQueueBench(underTest);

    it('gives the record of the added job', async () => {
      const before = Date.now();

      const job = await bench.queue().add({ n: 1 }, { id: 'a', priority: 7, attempts: 4 });

      expect(job).toEqual({
        id: 'a',
        data: { n: 1 },
        state: 'waiting',
        priority: 7,
        attempts: 4,
        attemptsMade: 0,
        recoveries: 0,
        addedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        startedAt: null,
        finishedAt: null,
        result: null,
        error: null,
      });
      expect(Math.abs(Date.parse(job.addedAt) - before)).toBeLessThan(10_000);
      expect(await bench.queue().get('a')).toEqual(job);
    });

    it('has defaults: an id of its own, priority 5, one attempt, no delay', async () => {
      const first = await bench.queue().add('x');
      const second = await bench.queue().add('x');

      expect(first).toMatchObject({ priority: 5, attempts: 1, state: 'waiting' });
      expect(first.id).not.toBe(second.id);
    });

    it('knows no job that was never added', async () => {
      expect(await bench.queue().get('nobody')).toBeUndefined();
    });

    it('keeps the jobs of two queues apart', async () => {
      await bench.queue().add('here', { id: 'a' });

      expect(await bench.driver.queue('other').get('a')).toBeUndefined();
    });

    it('gives the same queue for the same name', async () => {
      await bench.driver.queue('again').add('x', { id: 'a' });

      expect(await bench.driver.queue('again').get('a')).toMatchObject({ data: 'x' });
    });

    it('makes one job of a hundred parallel adds of one id, and gives all of them the first one', async () => {
      const queue = bench.queue<number>();

      const jobs = await Promise.all(
        Array.from({ length: 100 }, (_, n) => queue.add(n, { id: 'same', priority: n % 11 })),
      );

      expect(new Set(jobs.map((job) => JSON.stringify(job))).size).toBe(1);
      expect(jobs[0]).toMatchObject({ data: 0, priority: 0 });
      expect(await queue.counts()).toMatchObject({ waiting: 1 });
      expect(await handleInTurn(queue, 1)).toEqual([0]);
    });

    it('makes no new job of an id that has finished and is still kept', async () => {
      const queue = bench.queue<string>();
      await queue.add('first', { id: 'a' });
      await handleInTurn(queue, 1);
      await reaches(queue, 'a', 'completed');

      const again = await queue.add('second', { id: 'a' });

      expect(again).toMatchObject({ data: 'first', state: 'completed' });
      expect(await queue.counts()).toMatchObject({ waiting: 0, completed: 1 });
    });

    it('enqueues as it adds, and tells nothing', async () => {
      const queue = bench.queue<string>({ maxDepth: 1 });

      await expect(queue.enqueue('first', { id: 'a', priority: 7, attempts: 2 })).resolves.toBeUndefined();
      await expect(queue.enqueue('second', { id: 'a' })).resolves.toBeUndefined();

      expect(await queue.get('a')).toMatchObject({ data: 'first', priority: 7, attempts: 2 });
      await expect(queue.enqueue('x')).rejects.toMatchObject({ code: 'QUEUE_FULL' });
      await expect(queue.enqueue(NaN as unknown as string)).rejects.toMatchObject({
        code: 'JOB_DATA_INVALID',
      });
      await expect(queue.enqueue('x', { priority: 11 })).rejects.toMatchObject({ code: 'VALIDATION_FAILED' });
      expect(await handleInTurn(queue, 1)).toEqual(['first']);
    });

    it('tells whether more jobs fit under a bound, whatever its own is', async () => {
      const queue = bench.queue({ maxDepth: 10 });
      await queue.addBulk([{ data: 1 }, { data: 2, options: { delayMs: 60_000 } }]);

      expect(await queue.fits(1, 3)).toBe(true);
      expect(await queue.fits(1, 2)).toBe(false);
      expect(await queue.fits(3, 4)).toBe(false);
      expect(await queue.fits(100, 1_000)).toBe(true);
    });

    it('refuses the job that is one too many, waiting and delayed ones counted, and adds nothing', async () => {
      const queue = bench.queue({ maxDepth: 2 });
      await queue.add('waits');
      await queue.add('sleeps', { delayMs: 60_000 });

      const refusal = queue.add('too many', { id: 'c' });

      await expect(refusal).rejects.toBeInstanceOf(QueueError);
      await expect(refusal).rejects.toMatchObject({ code: 'QUEUE_FULL', retryable: true });
      expect(await queue.get('c')).toBeUndefined();
      expect(await queue.counts()).toMatchObject({ waiting: 1, delayed: 1 });
    });

    it('still gives the first record of a known id when it is full', async () => {
      const queue = bench.queue({ maxDepth: 1 });
      await queue.add('x', { id: 'a' });

      expect(await queue.add('y', { id: 'a' })).toMatchObject({ data: 'x' });
    });

    it('has room again when a job has left', async () => {
      const queue = bench.queue({ maxDepth: 1 });
      await queue.add('x', { id: 'a' });
      await queue.remove('a');

      expect(await queue.add('y')).toMatchObject({ state: 'waiting' });
    });

    it('adds many jobs at once, in their order, one for an id that is named twice', async () => {
      const queue = bench.queue<string>();

      const jobs = await queue.addBulk([
        { data: 'a', options: { id: '1' } },
        { data: 'b' },
        { data: 'c', options: { id: '1' } },
      ]);

      expect(jobs.map(({ data }) => data)).toEqual(['a', 'b', 'a']);
      expect(await handleInTurn(queue, 2)).toEqual(['a', 'b']);
    });

    it.each<[string, { data: unknown; options?: AddOptions }[], string]>([
      ['does not fit', [{ data: 1 }, { data: 2 }, { data: 3 }], 'QUEUE_FULL'],
      ['has a bad option', [{ data: 1 }, { data: 2, options: { priority: 11 } }], 'VALIDATION_FAILED'],
      ['has bad data', [{ data: 1 }, { data: NaN }], 'JOB_DATA_INVALID'],
    ])('adds none of many jobs when one %s', async (_what, jobs, code) => {
      const queue = bench.queue({ maxDepth: 2 });

      await expect(queue.addBulk(jobs)).rejects.toMatchObject({ code });

      expect(await queue.counts()).toMatchObject({ waiting: 0, delayed: 0 });
    });

    it('counts a known or repeated id of many jobs once for the depth', async () => {
      const queue = bench.queue<number>({ maxDepth: 2 });
      await queue.add(0, { id: 'old' });

      const jobs = await queue.addBulk(['old', 'new', 'new'].map((id, n) => ({ data: n, options: { id } })));

      expect(jobs.map(({ data }) => data)).toEqual([0, 1, 1]);
    });

    it.each(ODD_IDS)('takes the id %j as it is', async (id) => {
      const queue = bench.queue<string>();

      const [added] = await queue.addBulk([{ data: 'bulk', options: { id } }]);
      const again = await queue.add('again', { id });

      expect(added).toMatchObject({ id, data: 'bulk' });
      expect(again).toEqual(added);
      expect(await queue.get(id)).toEqual(added);
      expect((await queue.list(['waiting'])).items).toEqual([added]);
      expect(await handleInTurn(queue, 1)).toEqual(['bulk']);
      expect((await reaches(queue, id, 'completed')).id).toBe(id);
    });

    it('does not take two ids for one because they look alike', async () => {
      const queue = bench.queue();
      const lookalikes = ['é', 'e\u0301', 'A', 'a', 'a ', ' a', '1', '01'];

      for (const id of lookalikes) await queue.add(id, { id });

      expect(await queue.counts()).toMatchObject({ waiting: lookalikes.length });
    });

    it.each([[''], ['\0'], ['a\0b'], ['x'.repeat(257)], [7], [null], [{}]])(
      'refuses the id %j',
      async (id) => {
        await refuses({ id });
      },
    );

    it.each(BAD_NUMBERS.flatMap((bad) => ['priority', 'delayMs', 'attempts'].map((name) => [name, bad])))(
      'refuses %s: %p',
      async (name, bad) => {
        await refuses({ [name as string]: bad });
      },
    );

    it.each(BAD_NUMBERS.flatMap((bad) => ['baseDelayMs', 'maxDelayMs'].map((name) => [name, bad])))(
      'refuses backoff.%s: %p',
      async (name, bad) => {
        await refuses({ backoff: { [name as string]: bad } });
      },
    );

    it.each([
      ['a priority above 10', { priority: 11 }],
      ['0 attempts', { attempts: 0 }],
      ['101 attempts', { attempts: 101 }],
      ['a multiplier below 1', { backoff: { multiplier: 0.5 } }],
      ['an infinite multiplier', { backoff: { multiplier: Infinity } }],
      ['an unknown key', { prioirty: 1 }],
    ])('refuses %s', async (_what, options) => {
      await refuses(options);
    });

    it.each<[string, Record<string, unknown>]>([
      ['an id that is none', { id: 'a\0b' }],
      ['an id of a wrong type', { id: 7 }],
      ['a priority of a wrong type', { priority: '5' }],
      ['a number of attempts of a wrong type', { attempts: '2' }],
      ['an unknown key', { prioirty: 1 }],
    ])('refuses %s after any number of sound options', async (_what, change) => {
      const queue = bench.queue();
      const sound = { id: 'a', priority: 5, attempts: 2 };
      await queue.add('x', sound);
      await queue.add('x', { ...sound, id: 'b' });

      const refusal = queue.add('x', { ...sound, id: 'c', ...change });

      await expect(refusal).rejects.toMatchObject({ code: 'VALIDATION_FAILED' });
      expect(await queue.counts()).toMatchObject({ waiting: 2 });
      expect(await queue.get('b')).toMatchObject({ priority: 5, attempts: 2 });
    });

    it('takes the ends of every range', async () => {
      const queue = bench.queue();

      expect(await queue.add(1, { priority: 0, delayMs: 0, attempts: 1 })).toMatchObject({
        state: 'waiting',
      });
      expect(await queue.add(2, { priority: 10, delayMs: 2 ** 31 - 1, attempts: 100 })).toMatchObject({
        state: 'delayed',
      });
    });

    it.each<[string, unknown]>([
      ['undefined', undefined],
      ['a BigInt', { a: [1n] }],
      ['a cycle', cycle()],
      ['NaN', { a: { b: NaN } }],
      ['Infinity', Infinity],
      ['an undefined property', { a: undefined }],
      ['a function', { a: () => 1 }],
      ['a symbol', Symbol('a')],
      ['a Date', { a: new Date(0) }],
      ['a Map', new Map()],
      ['a hole in an array', [1, , 3]], // eslint-disable-line no-sparse-arrays
      [
        'a getter that throws',
        Object.defineProperty({}, 'a', {
          enumerable: true,
          get: () => {
            throw new Error('no');
          },
        }),
      ],
    ])('refuses data that is or holds %s, and says where', async (_what, data) => {
      const queue = bench.queue();

      const refusal = queue.add(data);

      await expect(refusal).rejects.toBeInstanceOf(QueueError);
      await expect(refusal).rejects.toMatchObject({
        code: 'JOB_DATA_INVALID',
        retryable: false,
        details: {
          problems: expect.arrayContaining([
            expect.objectContaining({ path: expect.stringMatching(/^data/) }),
          ]),
        },
      });
      expect(await queue.counts()).toMatchObject({ waiting: 0 });
    });

    it.each<[unknown]>([
      [null],
      [false],
      [0],
      [-1.5e300],
      [''],
      ['\u2028 \ud83d\ude00 "\\'],
      [[]],
      [{}],
      [{ a: [{ b: null }] }],
    ])('brings %j through unchanged', async (data) => {
      const queue = bench.queue();

      expect((await queue.add(data)).data).toEqual(data);
      expect(await handleInTurn(queue, 1)).toEqual([data]);
    });

    it('brings a megabyte through unchanged', async () => {
      const queue = bench.queue<{ text: string }>();
      const text = 'ä'.repeat(2 ** 19);

      await queue.add({ text });

      expect((await handleInTurn(queue, 1))[0]?.text === text).toBe(true);
    });

    it('lets nobody change the data of a job, neither who added it nor who reads it', async () => {
      const queue = bench.queue<{ list: number[] }>();
      const data = { list: [1] };

      const added = await queue.add(data, { id: 'a' });
      data.list.push(2);
      // A copy of his own, or one that is shared and frozen.
      const meddle = (list: number[] | undefined): void => {
        try {
          list?.push(3);
        } catch (error) {
          expect(error).toBeInstanceOf(TypeError);
        }
      };
      meddle(added.data.list);
      meddle((await queue.get('a'))?.data.list);

      expect(await queue.get('a')).toMatchObject({ data: { list: [1] } });
      expect(await handleInTurn(queue, 1)).toEqual([{ list: [1] }]);
    });

    it.each([[''], ['a\0b'], ['x'.repeat(257)], [7]])('refuses the queue name %j', (name) => {
      expect(() => bench.driver.queue(name as string)).toThrow(
        expect.objectContaining({ code: 'VALIDATION_FAILED' }),
      );
    });

    it.each(['a:b', '123', '日本', '{x}', '../x'])('takes the queue name %j', async (name) => {
      const queue = bench.driver.queue<number>(name);
      await queue.add(1);

      expect(await handleInTurn(queue, 1)).toEqual([1]);
    });

    it.each([
      [{ maxDepth: 0 }],
      [{ maxDepth: NaN }],
      [{ maxDepth: '5' }],
      [{ maxActive: 0 }],
      [{ retention: { maxCount: -1 } }],
      [{ retention: { maxAgeMs: 1.5 } }],
      [{ depth: 1 }],
    ])('refuses the queue options %p', (options) => {
      expect(() => bench.driver.queue('q', options as object)).toThrow(
        expect.objectContaining({ code: 'VALIDATION_FAILED' }),
      );
    });

    async function refuses(options: Record<string, unknown>): Promise<void> {
      const queue = bench.queue();
      await expect(queue.add('x', options as AddOptions)).rejects.toMatchObject({
        code: 'VALIDATION_FAILED',
      });
      expect(await queue.counts()).toEqual({ waiting: 0, delayed: 0, active: 0, completed: 0, failed: 0 });
    }
  });
}
