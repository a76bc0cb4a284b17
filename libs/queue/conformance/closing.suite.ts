import { AbortedError, type AbortKind } from '#core';
import type { ConsumerCloseOptions, JobQueue } from '../ports/job-queue.js';
import { useQueueBench, type QueueDriverUnderTest } from './queue-driver-under-test.js';
import { Gate, eventually, handleInTurn, passMs, reaches, untilStopped } from './waiting.js';

const SHORT_MS = 25;
const LONG_MS = 60_000;

export function describeClosing(underTest: QueueDriverUnderTest): void {
  describe('pausing and closing', () => {
    const bench = useQueueBench(underTest);

    /** A job of id `a`, active in a consumer. */
    async function activeJob(queue: JobQueue<string>, handle: (signal: AbortSignal) => Promise<unknown>) {
      const begun = new Gate();
      await queue.add('x', { id: 'a', attempts: 2 });
      const consumer = queue.consume(
        (_job, signal) => {
          begun.open();
          return handle(signal);
        },
        { concurrency: 1 },
      );
      await begun.opened;
      return consumer;
    }

    it('takes no job while paused, finishes those under way, and goes on when resumed', async () => {
      const queue = bench.queue<string>();
      const end = new Gate();
      const consumer = await activeJob(queue, () => end.opened);

      await consumer.pause();
      await queue.add('y', { id: 'b' });
      end.open();
      await reaches(queue, 'a', 'completed');
      await passMs(SHORT_MS);
      expect(await queue.get('b')).toMatchObject({ state: 'waiting' });

      await consumer.resume();
      await reaches(queue, 'b', 'completed');
    });

    it('has no consumer take a job while the queue is paused, and goes on when it is resumed', async () => {
      const queue = bench.queue<string>();
      const end = new Gate();
      await activeJob(queue, () => end.opened);

      await queue.pause();
      await queue.pause();
      expect(await queue.isPaused()).toBe(true);
      await queue.add('y', { id: 'b' });
      end.open();
      await reaches(queue, 'a', 'completed');
      const other = (await bench.another()).queue<string>('jobs');
      other.consume(async () => null, { concurrency: 1 });
      await passMs(SHORT_MS);
      expect(await queue.get('b')).toMatchObject({ state: 'waiting' });
      expect(await queue.counts()).toMatchObject({ waiting: 1, active: 0 });

      await queue.resume();
      expect(await queue.isPaused()).toBe(false);
      await reaches(queue, 'b', 'completed');
    });

    it('says how many handlers run', async () => {
      const end = new Gate();
      const consumer = await activeJob(bench.queue<string>(), () => end.opened);

      expect(consumer.active).toBe(1);
      end.open();
      await eventually(() => consumer.active === 0);
    });

    it('waits for running handlers within the drain, and takes nothing more', async () => {
      const queue = bench.queue<string>();
      const end = new Gate();
      const consumer = await activeJob(queue, () => end.opened);
      await queue.add('y', { id: 'b' });

      const closed = consumer.close({ drainMs: LONG_MS });
      end.open();

      expect(await closed).toEqual({ finished: 1, handedBack: 0, abandoned: 0 });
      expect(await queue.get('a')).toMatchObject({ state: 'completed' });
      expect(await queue.get('b')).toMatchObject({ state: 'waiting' });
      expect(await handleInTurn(queue, 1)).toEqual(['y']);
    });

    it('closes at once when nothing runs', async () => {
      const consumer = bench.queue().consume(async () => null, { concurrency: 1 });

      expect(await consumer.close({ drainMs: LONG_MS })).toEqual({
        finished: 0,
        handedBack: 0,
        abandoned: 0,
      });
    });

    it.each([0, SHORT_MS])(
      'hands an interrupted job back, uncounted and first in line (drain of %d ms)',
      async (drainMs) => {
        const queue = bench.queue<string>();
        const kinds: AbortKind[] = [];
        const consumer = await activeJob(queue, (signal) =>
          untilStopped(signal).catch((reason: unknown) => {
            kinds.push((reason as AbortedError).kind);
            throw Object.assign(new Error('whatever'), { retryable: false });
          }),
        );
        await queue.add('y');

        const report = await consumer.close({ drainMs });

        expect(report).toEqual({ finished: 0, handedBack: 1, abandoned: 0 });
        expect(kinds).toEqual(['shutdown']);
        expect(await queue.get('a')).toMatchObject({ state: 'waiting', attemptsMade: 0, error: null });
        expect(await handleInTurn(queue, 2)).toEqual(['x', 'y']);
        expect(await reaches(queue, 'a', 'completed')).toMatchObject({ attemptsMade: 1 });
      },
    );

    it('keeps what a handler achieves although it was told to stop', async () => {
      const queue = bench.queue<string>();
      const consumer = await activeJob(queue, (signal) => untilStopped(signal).catch(() => 'saved'));

      expect(await consumer.close({ drainMs: 0 })).toEqual({ finished: 1, handedBack: 0, abandoned: 0 });
      expect(await queue.get('a')).toMatchObject({ state: 'completed', result: 'saved' });
    });

    it.each<[string, (late: Gate<string>) => Promise<unknown>]>([
      ['succeeds', (late) => late.opened],
      ['fails', (late) => late.opened.then((why) => Promise.reject(new Error(why)))],
    ])(
      'gives up a handler that ignores its signal; that it %s later changes nothing',
      async (_what, handle) => {
        const queue = bench.queue<string>();
        const late = new Gate<string>();
        const consumer = await activeJob(queue, () => handle(late));

        const report = await consumer.close({ drainMs: 0, abortGraceMs: SHORT_MS });
        expect(report).toEqual({ finished: 0, handedBack: 0, abandoned: 1 });
        expect(await queue.get('a')).toMatchObject({ state: 'waiting', attemptsMade: 0 });

        const end = new Gate<string>();
        queue.consume(() => end.opened, { concurrency: 1 });
        await reaches(queue, 'a', 'active');
        late.open('too late');
        await passMs(SHORT_MS);
        expect(await queue.get('a')).toMatchObject({ state: 'active' });
        end.open('in time');
        expect(await reaches(queue, 'a', 'completed')).toMatchObject({
          result: 'in time',
          attemptsMade: 1,
          error: null,
        });
      },
    );

    it('does not hand back a job that was cancelled', async () => {
      const queue = bench.queue<string>();
      const never = new Gate();
      const consumer = await activeJob(queue, () => never.opened);
      await queue.cancel('a', new AbortedError('cancel', 'enough'));

      expect(await consumer.close({ drainMs: 0, abortGraceMs: 1 })).toMatchObject({ abandoned: 1 });

      expect(await queue.get('a')).toMatchObject({ state: 'failed', error: { code: 'CANCELLED' } });
      never.open();
    });

    it('fails a cancelled job that ends only when its consumer closes', async () => {
      const queue = bench.queue<string>();
      const end = new Gate();
      const consumer = await activeJob(queue, () =>
        end.opened.then(() => Promise.reject(new Error('stopped'))),
      );
      await queue.cancel('a', new AbortedError('cancel', 'enough'));

      const closed = consumer.close({ drainMs: 0 });
      await passMs(1);
      end.open();

      expect(await closed).toEqual({ finished: 1, handedBack: 0, abandoned: 0 });
      expect(await queue.get('a')).toMatchObject({ state: 'failed', error: { code: 'CANCELLED' } });
    });

    it('gives every close the first one’s report', async () => {
      const queue = bench.queue<string>();
      const end = new Gate();
      const consumer = await activeJob(queue, () => end.opened);

      const first = consumer.close({ drainMs: LONG_MS });
      const second = consumer.close({ drainMs: LONG_MS });
      end.open();

      expect(await second).toEqual(await first);
      expect(await consumer.close({ drainMs: 0 })).toEqual({ finished: 1, handedBack: 0, abandoned: 0 });
    });

    it('takes nothing after its close, resumed or not', async () => {
      const queue = bench.queue<string>();
      const consumer = queue.consume(async () => null, { concurrency: 1 });
      await consumer.close({ drainMs: 0 });

      await consumer.resume();
      await queue.add('x', { id: 'a' });
      await passMs(SHORT_MS);

      expect(await queue.get('a')).toMatchObject({ state: 'waiting' });
    });

    it.each([
      [{ drainMs: NaN }],
      [{ drainMs: -1 }],
      [{ drainMs: 2 ** 31 }],
      [{ drainMs: '1' }],
      [{}],
      [{ drainMs: 1, abortGraceMs: 0.5 }],
    ])('refuses the close options %p, and stays open', async (options) => {
      const queue = bench.queue<string>();
      const consumer = queue.consume(async () => null, { concurrency: 1 });

      await expect(consumer.close(options as ConsumerCloseOptions)).rejects.toMatchObject({
        code: 'VALIDATION_FAILED',
      });

      await queue.add('x', { id: 'a' });
      await reaches(queue, 'a', 'completed');
    });

    describe('of the driver', () => {
      it('interrupts the handlers under way, without a drain', async () => {
        const kind = new Gate<AbortKind>();
        await activeJob(bench.queue<string>(), (signal) =>
          untilStopped(signal).catch((reason: unknown) => {
            kind.open((reason as AbortedError).kind);
            throw reason;
          }),
        );

        await bench.driver.close();

        expect(await kind.opened).toBe('shutdown');
      });

      it('cuts short the drain of a consumer', async () => {
        const consumer = await activeJob(bench.queue<string>(), (signal) => untilStopped(signal));

        const report = consumer.close({ drainMs: LONG_MS });
        await bench.driver.close();

        expect(await report).toEqual({ finished: 0, handedBack: 1, abandoned: 0 });
      });

      it('may be asked for twice', async () => {
        await Promise.all([bench.driver.close(), bench.driver.close()]);

        await bench.driver.close();
      });

      it('refuses every later call with QUEUE_CLOSED', async () => {
        const { driver } = bench;
        const queue = bench.queue<string>();
        const consumer = queue.consume(async () => null, { concurrency: 1 });
        await driver.close();
        const closed = expect.objectContaining({ code: 'QUEUE_CLOSED' });
        const signal = new AbortController().signal;

        expect(() => driver.queue('jobs')).toThrow(closed);
        expect(() => queue.consume(async () => null, { concurrency: 1 })).toThrow(closed);
        for (const call of [
          () => driver.ping(signal),
          () => queue.add('x'),
          () => queue.addBulk([{ data: 'x' }]),
          () => queue.enqueue('x'),
          () => queue.pause(),
          () => queue.resume(),
          () => queue.isPaused(),
          () => queue.get('a'),
          () => queue.list(['waiting']),
          () => queue.counts(),
          () => queue.fits(1, 1),
          () => queue.cancel('a', new AbortedError('cancel', 'x')),
          () => queue.retry('a'),
          () => queue.promote('a'),
          () => queue.remove('a'),
        ]) {
          await expect(call()).rejects.toEqual(closed);
        }
        expect(await consumer.close({ drainMs: 0 })).toEqual({ finished: 0, handedBack: 0, abandoned: 0 });
      });

      it('answers a ping until then, unless the signal is aborted', async () => {
        await bench.driver.ping(new AbortController().signal);

        const reason = new Error('no time');
        await expect(bench.driver.ping(AbortSignal.abort(reason))).rejects.toBe(reason);
      });

      const kept = underTest.durable ? 'keeps' : 'does not keep';
      it(`${kept} the jobs that were accepted (durable: ${underTest.durable})`, async () => {
        const queue = bench.queue<string>();
        await activeJob(queue, (signal) => untilStopped(signal));
        await queue.add('waits', { id: 'b', priority: 1 });
        await queue.add('sleeps', { id: 'c', delayMs: LONG_MS });
        await bench.driver.close();

        const reopened = (await bench.another()).queue<string>('jobs');

        if (underTest.durable) {
          await reopened.promote('c');
          expect((await handleInTurn(reopened, 3)).sort()).toEqual(['sleeps', 'waits', 'x']);
        } else {
          expect(await reopened.counts()).toEqual({
            waiting: 0,
            delayed: 0,
            active: 0,
            completed: 0,
            failed: 0,
          });
        }
      });
    });
  });
}
