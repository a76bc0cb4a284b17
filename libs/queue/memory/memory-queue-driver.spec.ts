import { AbortedError, ManualClock, SystemClock } from '#core';
import { describeQueueDriver } from '../conformance/describe-queue-driver.js';
import type { JobQueue } from '../ports/job-queue.js';
import type { QueueOptions } from '../ports/queue-driver.js';
import { MemoryQueueDriver } from './memory-queue-driver.js';

describeQueueDriver({
  name: 'memory',
  durable: false,
  create: () => new MemoryQueueDriver({ clock: new SystemClock() }),
});

describe('MemoryQueueDriver', () => {
  let clock: ManualClock;
  let driver: MemoryQueueDriver;

  beforeEach(() => {
    clock = new ManualClock();
    driver = new MemoryQueueDriver({ clock });
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await driver.close();
    expect(clock.timerCount).toBe(0);
  });

  function queueOf<T = string>(options?: QueueOptions): JobQueue<T> {
    return driver.queue<T>('jobs', options);
  }

  function collect<T>(queue: JobQueue<T>, concurrency = 1): T[] {
    const seen: T[] = [];
    queue.consume(async ({ data }) => void seen.push(data), { concurrency });
    return seen;
  }

  const never = (): Promise<never> => new Promise(() => undefined);
  const obedient = (_job: unknown, signal: AbortSignal): Promise<never> =>
    new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));

  describe('the signals of handlers', () => {
    /** Runs jobs one after the other. @returns what each handler was given. */
    async function run(count: number, reuseSignals: boolean | undefined) {
      const queue = queueOf();
      const given: { signal: AbortSignal; abort: (reason: AbortedError) => void }[] = [];
      queue.consume(
        async ({ data }, signal, abort) => {
          given.push({ signal, abort });
          if (data === 'aborts') abort(new AbortedError('timeout', 'too long'));
        },
        { concurrency: 1, reuseSignals },
      );
      for (let nth = 0; nth < count; nth++) await queue.add(nth === 1 ? 'aborts' : 'ends');
      await clock.advance(0);
      return given;
    }

    it('are made anew for each', async () => {
      const given = await run(4, undefined);
      expect(new Set(given.map(({ signal }) => signal)).size).toBe(4);
    });

    it('serve again when handlers let go of them, unless they have aborted', async () => {
      const [first, second, third, fourth] = (await run(4, true)).map(({ signal }) => signal);
      expect(second).toBe(first);
      expect(second?.aborted).toBe(true);
      expect(third).not.toBe(second);
      expect(fourth).toBe(third);
      expect(fourth?.aborted).toBe(false);
    });

    it('are not aborted by who had them before', async () => {
      const given = await run(4, true);
      given[2]?.abort(new AbortedError('timeout', 'late'));
      expect(given[3]?.signal.aborted).toBe(false);
    });
  });

  describe('time', () => {
    it('owns no timer while it idles, waits for consumers or works', async () => {
      const queue = queueOf();
      await queue.add('a');
      expect(clock.timerCount).toBe(0);
      const consumer = queue.consume(obedient, { concurrency: 1 });
      await queue.add('b');
      await clock.advance(0);
      expect(consumer.active).toBe(1);
      expect(clock.timerCount).toBe(0);
    });

    it('owns one timer for any number of delayed jobs, and none when they have left in whatever way', async () => {
      const setTimer = jest.spyOn(clock, 'setTimer');
      const queue = queueOf();
      for (const [index, delayMs] of [50, 10, 30, 20, 40].entries())
        await queue.add('x', { id: String(index), delayMs });
      expect(clock.timerCount).toBe(1);
      // For the first, and for the one that was earlier still.
      expect(setTimer).toHaveBeenCalledTimes(2);

      await queue.promote('1');
      await queue.remove('3');
      await queue.cancel('2', new AbortedError('cancel', 'x'));
      expect(clock.timerCount).toBe(1);
      await clock.advance(50);

      expect(clock.timerCount).toBe(0);
      expect(await queue.counts()).toMatchObject({ waiting: 3, delayed: 0 });
    });

    it('keeps the process alive for delayed jobs', async () => {
      const setTimer = jest.spyOn(clock, 'setTimer');

      await queueOf().add('x', { delayMs: 10 });

      expect(setTimer).toHaveBeenCalledWith(expect.any(Function), 10, { ref: true });
    });

    it('wakes each delayed job at its time, those of one time in the order of their adding', async () => {
      const queue = queueOf();
      const seen = collect(queue);
      for (const [data, delayMs] of [
        ['c', 30],
        ['a', 10],
        ['b1', 20],
        ['b2', 20],
      ] as const)
        await queue.add(data, { delayMs });

      await clock.advance(9);
      expect(seen).toEqual([]);
      await clock.advance(1);
      expect(seen).toEqual(['a']);
      await clock.advance(10);
      expect(seen).toEqual(['a', 'b1', 'b2']);
      await clock.advance(10);
      expect(seen).toEqual(['a', 'b1', 'b2', 'c']);
    });

    it('sleeps on when its timer fires early', async () => {
      const queue = queueOf();
      const seen = collect(queue);
      await queue.add('x', { delayMs: 10 });
      const monotonic = jest.spyOn(clock, 'monotonic').mockReturnValue(9.5);
      await clock.advance(10);
      expect(seen).toEqual([]);

      monotonic.mockRestore();
      await clock.advance(1);

      expect(seen).toEqual(['x']);
    });

    it('backs off exponentially, up to the maximum, with full jitter', async () => {
      jest.spyOn(Math, 'random').mockReturnValue(0.999_999);
      const attempts: number[] = [];
      const queue = queueOf();
      queue.consume(
        async () => {
          attempts.push(clock.monotonic());
          throw new Error('no');
        },
        { concurrency: 1 },
      );
      await queue.add('x', { attempts: 5, backoff: { baseDelayMs: 100, maxDelayMs: 350, multiplier: 2 } });

      await clock.advance(10_000);

      expect(attempts).toEqual([0, 100, 300, 650, 1_000]);
    });

    it('tries again without a timer when the jitter says at once, behind the others', async () => {
      jest.spyOn(Math, 'random').mockReturnValue(0);
      const queue = queueOf();
      const seen: string[] = [];
      await queue.add('a', { attempts: 2 });
      await queue.add('b');
      queue.consume(
        async ({ data }) => {
          seen.push(data);
          throw new Error('no');
        },
        { concurrency: 1 },
      );

      await clock.advance(0);

      expect(seen).toEqual(['a', 'b', 'a']);
    });

    it('forgets by age when another one finishes', async () => {
      const queue = queueOf({ retention: { maxAgeMs: 100 } });
      collect(queue);
      await queue.add('a', { id: 'a' });
      await clock.advance(99);
      await queue.add('b', { id: 'b' });
      await clock.advance(1);
      expect(await queue.get('a')).toBeDefined();

      await queue.add('c', { id: 'c' });
      await clock.advance(0);

      expect(await queue.get('a')).toBeUndefined();
      expect(await queue.counts()).toMatchObject({ completed: 2 });
    });

    it('counts completed and failed jobs together for the retention, oldest first', async () => {
      const queue = queueOf({ retention: { maxCount: 2 } });
      queue.consume(({ data }) => (data === 'bad' ? Promise.reject(new Error('no')) : Promise.resolve()), {
        concurrency: 1,
      });
      for (const [id, data] of [
        ['a', 'bad'],
        ['b', 'good'],
        ['c', 'bad'],
        ['d', 'good'],
      ] as const) {
        await queue.add(data, { id });
        await clock.advance(0);
      }

      expect((await queue.list(['completed', 'failed'])).items.map(({ id }) => id)).toEqual(['d', 'c']);
    });

    it('gives a handler that ignores its signal 5 seconds to end', async () => {
      const consumer = queueOf().consume(never, { concurrency: 1 });
      await queueOf().add('x');
      await clock.advance(0);
      let closed = false;

      void consumer.close({ drainMs: 1_000 }).then(() => (closed = true));

      await clock.advance(5_999);
      expect(closed).toBe(false);
      await clock.advance(1);
      expect(closed).toBe(true);
    });

    it('leaves no timer when the driver closes among delayed jobs and failing handlers', async () => {
      const queue = queueOf();
      await queue.add('sleeps', { delayMs: 1_000 });
      await queue.add('fails', { attempts: 5, backoff: { baseDelayMs: 1_000 } });
      queue.consume(
        (_job, signal) =>
          new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('no')))),
        { concurrency: 1 },
      );
      await clock.advance(0);

      await driver.close();

      expect(clock.timerCount).toBe(0);
    });
  });

  describe('starting', () => {
    it('never runs a handler inside the call that adds its job, and needs no turn of the event loop for it', async () => {
      const queue = queueOf();
      const seen = collect(queue);

      const added = queue.add('x');
      expect(seen).toEqual([]);
      await added;

      expect(seen).toEqual(['x']);
    });

    it('orders the jobs of one tick before the first starts', async () => {
      const queue = queueOf();
      const seen = collect(queue);

      await Promise.all([queue.add('low', { priority: 1 }), queue.add('high', { priority: 2 })]);
      await clock.advance(0);

      expect(seen).toEqual(['high', 'low']);
    });

    it('survives 20,000 handlers in a row that end or throw at once', async () => {
      const queue = queueOf<number>({ maxDepth: 20_000 });
      await queue.addBulk(Array.from({ length: 20_000 }, (_, data) => ({ data })));
      queue.consume(
        ({ data }) => {
          if (data % 2 === 0) throw new Error('no');
          return Promise.resolve();
        },
        { concurrency: 3 },
      );

      while ((await queue.counts()).waiting > 0) await clock.advance(0);

      expect(await queue.counts()).toMatchObject({ completed: 5_000, failed: 5_000, active: 0 });
    });

    it('lets the event loop turn under handlers that never wait and always add the next job', async () => {
      const queue = queueOf<number>();
      let handled = 0;
      const consumer = queue.consume(
        async ({ data }) => {
          handled++;
          await queue.add(data + 1);
        },
        { concurrency: 1 },
      );
      await queue.add(0);

      await new Promise((resolve) => setImmediate(resolve));
      const first = handled;
      await new Promise((resolve) => setImmediate(resolve));
      await new Promise((resolve) => setImmediate(resolve));

      expect(first).toBeGreaterThan(0);
      expect(handled).toBeGreaterThan(first);
      await consumer.close({ drainMs: 0 });
    });

    it('shares the jobs of a queue evenly among its consumers', async () => {
      const queue = queueOf<number>();
      const shares = [0, 0, 0];
      for (const index of shares.keys()) {
        queue.consume(async () => void (shares[index] = (shares[index] ?? 0) + 1), { concurrency: 4 });
      }

      await queue.addBulk(Array.from({ length: 6 }, (_, data) => ({ data })));
      await clock.advance(0);

      expect(shares).toEqual([2, 2, 2]);
    });
  });

  describe('closing', () => {
    it.each<[string, typeof never]>([
      ['obey', obedient as typeof never],
      ['ignore their signals', never],
    ])('hands jobs back in the order they had, when their handlers %s', async (_what, handler) => {
      const queue = queueOf<number>();
      const consumer = queue.consume(handler, { concurrency: 5 });
      await queue.addBulk(Array.from({ length: 8 }, (_, data) => ({ data })));
      await clock.advance(0);

      const closed = consumer.close({ drainMs: 0 });
      await clock.advance(5_000);
      await closed;

      expect((await queue.list(['waiting'])).items.map(({ data }) => data)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    });

    it('may be asked to close again by whoever hears the signal', async () => {
      const queue = queueOf();
      const reports: unknown[] = [];
      const consumer = queue.consume(
        (_job, signal) =>
          new Promise((_resolve, reject) =>
            signal.addEventListener('abort', () => {
              void consumer.close({ drainMs: 0 }).then((report) => reports.push(report));
              reject(new Error('stopped'));
            }),
          ),
        { concurrency: 1 },
      );
      await queue.add('x');
      await clock.advance(0);

      reports.push(await consumer.close({ drainMs: 0 }));
      await clock.advance(0);

      const report = { finished: 0, handedBack: 1, abandoned: 0 };
      expect(reports).toEqual([report, report]);
    });

    it('starts nothing while it closes', async () => {
      const queue = queueOf();
      let calls = 0;
      queue.consume(
        (job, signal) => {
          calls++;
          return obedient(job, signal);
        },
        { concurrency: 1 },
      );
      await queue.addBulk([{ data: 'a' }, { data: 'b' }]);
      await clock.advance(0);

      await driver.close();
      await clock.advance(0);

      expect(calls).toBe(1);
    });
  });

  it('calls every abort of a cancel a cancel, whatever the reason was', async () => {
    const queue = queueOf();
    queue.consume(obedient, { concurrency: 1 });
    await queue.add('x', { id: 'a' });
    await clock.advance(0);

    await queue.cancel('a', new AbortedError('timeout', 'took too long'));
    await clock.advance(0);

    expect(await queue.get('a')).toMatchObject({
      state: 'failed',
      error: { code: 'CANCELLED', message: 'took too long' },
    });
  });

  it('lets a handler cancel its own job before it first waits', async () => {
    const queue = queueOf();
    queue.consume(
      async ({ id }, signal) => {
        await queue.cancel(id, new AbortedError('cancel', 'changed my mind'));
        signal.throwIfAborted();
      },
      { concurrency: 1 },
    );
    await queue.add('x', { id: 'a' });
    await clock.advance(0);

    expect(await queue.get('a')).toMatchObject({ state: 'failed', error: { code: 'CANCELLED' } });
  });
});
