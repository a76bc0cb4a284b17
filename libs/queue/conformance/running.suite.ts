import { AbortedError, type AbortKind } from '#core';
import type { JobRecord } from '../ports/job.js';
import { useQueueBench, type QueueDriverUnderTest } from './queue-driver-under-test.js';
import { Gate, eventually, passMs, reaches, untilStopped } from './waiting.js';

const QUICK = { baseDelayMs: 1, maxDelayMs: 5 };

class Hopeless extends Error {
  readonly code = 'HOPELESS';
  readonly retryable = false;
}

export function describeRunning(underTest: QueueDriverUnderTest): void {
  describe('running', () => {
    const bench = useQueueBench(underTest);

    it('shows the handler its job, active, and keeps what it returns', async () => {
      const queue = bench.queue<string>();
      const shown = new Gate<JobRecord<string>>();
      await queue.add('x', { id: 'a', priority: 3 });

      queue.consume(
        async (job) => {
          shown.open(job);
          return { answer: [42] };
        },
        { concurrency: 1 },
      );

      expect(await shown.opened).toMatchObject({
        id: 'a',
        data: 'x',
        state: 'active',
        priority: 3,
        attemptsMade: 0,
      });
      const job = await reaches(queue, 'a', 'completed');
      expect(job).toMatchObject({ result: { answer: [42] }, attemptsMade: 1, error: null });
      expect(Date.parse(job.startedAt ?? '')).toBeGreaterThanOrEqual(Date.parse(job.addedAt));
      expect(Date.parse(job.finishedAt ?? '')).toBeGreaterThanOrEqual(Date.parse(job.startedAt ?? ''));
    });

    it('keeps undefined as null', async () => {
      const queue = bench.queue();
      await queue.add('x', { id: 'a' });
      queue.consume(async () => undefined, { concurrency: 1 });

      expect(await reaches(queue, 'a', 'completed')).toMatchObject({ result: null });
    });

    it.each<[string, unknown]>([
      ['a BigInt', 1n],
      ['NaN', { a: NaN }],
      ['a function', () => 1],
      ['a Date', new Date()],
    ])('fails a job whose result is or holds %s, without another attempt', async (_what, result) => {
      const queue = bench.queue();
      let calls = 0;
      await queue.add('x', { id: 'a', attempts: 3, backoff: QUICK });
      queue.consume(
        async () => {
          calls++;
          return result;
        },
        { concurrency: 1 },
      );

      expect(await reaches(queue, 'a', 'failed')).toMatchObject({
        result: null,
        error: { code: 'JOB_DATA_INVALID', retryable: false },
      });
      expect(calls).toBe(1);
    });

    it('gives each job to one handler, and no consumer more than its concurrency', async () => {
      const queue = bench.queue<number>();
      const handled: number[] = [];
      const running = [0, 0, 0];
      const peaks = [0, 0, 0];
      const consumers = [2, 3, 4].map((concurrency, index) =>
        queue.consume(
          async ({ data }) => {
            running[index] = (running[index] ?? 0) + 1;
            peaks[index] = Math.max(peaks[index] ?? 0, running[index]);
            handled.push(data);
            await passMs(data % 3);
            running[index]--;
          },
          { concurrency },
        ),
      );

      await queue.addBulk(Array.from({ length: 150 }, (_, data) => ({ data })));
      await eventually(async () => (await queue.counts()).completed === 150);

      expect([...handled].sort((a, b) => a - b)).toEqual(Array.from({ length: 150 }, (_, n) => n));
      for (const [index, most] of [2, 3, 4].entries()) expect(peaks[index]).toBeLessThanOrEqual(most);
      expect(Math.max(...peaks)).toBeGreaterThan(1);
      expect(consumers.map(({ active }) => active)).toEqual([0, 0, 0]);
    });

    it('runs no more at once than the queue may, in all consumers together', async () => {
      const queue = bench.queue<number>({ maxActive: 2 });
      let [running, peak] = [0, 0];
      for (let n = 0; n < 3; n++) {
        queue.consume(
          async () => {
            peak = Math.max(peak, ++running);
            await passMs(1);
            running--;
          },
          { concurrency: 3 },
        );
      }

      await queue.addBulk(Array.from({ length: 30 }, (_, data) => ({ data })));
      await eventually(async () => (await queue.counts()).completed === 30);

      expect(peak).toBe(2);
    });

    it('lets a handler add jobs to its own queue', async () => {
      const queue = bench.queue<number>();
      queue.consume(
        async ({ data }) => {
          if (data > 0) await queue.add(data - 1, { id: String(data - 1) });
        },
        { concurrency: 1 },
      );
      await queue.add(20, { id: '20' });

      await reaches(queue, '0', 'completed');
    });

    it.each([NaN, 0, -1, 1.5, 10_001, '2', null])('refuses the concurrency %p', (concurrency) => {
      expect(() => bench.queue().consume(async () => null, { concurrency: concurrency as number })).toThrow(
        expect.objectContaining({ code: 'VALIDATION_FAILED' }),
      );
    });

    describe('attempts', () => {
      it('tries a failing job as often as it may, counting, and keeps the last error', async () => {
        const queue = bench.queue();
        const made: number[] = [];
        await queue.add('x', { id: 'a', attempts: 3, backoff: QUICK });
        queue.consume(
          async (job) => {
            made.push(job.attemptsMade);
            throw Object.assign(new Error(`no ${job.attemptsMade}`), { code: 'NOPE' });
          },
          { concurrency: 1 },
        );

        const job = await reaches(queue, 'a', 'failed');

        expect(made).toEqual([0, 1, 2]);
        expect(job).toMatchObject({
          attemptsMade: 3,
          result: null,
          error: { code: 'NOPE', message: 'no 2', retryable: true },
        });
        expect(job.finishedAt).not.toBeNull();
      });

      it('completes a job whose later attempt succeeds', async () => {
        const queue = bench.queue();
        await queue.add('x', { id: 'a', attempts: 5, backoff: QUICK });
        queue.consume(
          async ({ attemptsMade }) => {
            if (attemptsMade < 2) throw new Error('not yet');
            return 'at last';
          },
          { concurrency: 1 },
        );

        expect(await reaches(queue, 'a', 'completed')).toMatchObject({ attemptsMade: 3, result: 'at last' });
      });

      it('makes one attempt unless told otherwise', async () => {
        const queue = bench.queue();
        await queue.add('x', { id: 'a' });
        queue.consume(() => Promise.reject(new Error('no')), { concurrency: 1 });

        expect(await reaches(queue, 'a', 'failed')).toMatchObject({ attemptsMade: 1 });
      });

      it('makes no further attempt after an error that says it is not retryable', async () => {
        const queue = bench.queue();
        await queue.add('x', { id: 'a', attempts: 5, backoff: QUICK });
        queue.consume(() => Promise.reject(new Hopeless('why bother')), { concurrency: 1 });

        expect(await reaches(queue, 'a', 'failed')).toMatchObject({
          attemptsMade: 1,
          error: { code: 'HOPELESS', message: 'why bother', retryable: false },
        });
      });

      it.each<[string, unknown]>([
        ['a string', 'text'],
        ['undefined', undefined],
        ['null', null],
        [
          'an error with details that are not JSON',
          new AbortedError('timeout', 'x', { details: { big: 1n } }),
        ],
        [
          'something that cannot be read',
          Object.defineProperty({}, 'message', {
            get: () => {
              throw new Error('no');
            },
          }),
        ],
      ])('survives a handler that throws %s', async (_what, thrown) => {
        const queue = bench.queue();
        await queue.add('x', { id: 'a' });
        queue.consume(
          () => {
            throw thrown;
          },
          { concurrency: 1 },
        );

        const job = await reaches(queue, 'a', 'failed');

        expect(job.error).toMatchObject({ code: expect.any(String), message: expect.any(String) });
        await queue.add('y', { id: 'b' });
        await reaches(queue, 'b', 'failed');
      });

      it('lets others run while a failed job waits for its next attempt', async () => {
        const queue = bench.queue<string>();
        await queue.add('fails', {
          id: 'a',
          attempts: 2,
          backoff: { baseDelayMs: 2 ** 31 - 1, maxDelayMs: 2 ** 31 - 1 },
        });
        await queue.add('works', { id: 'b' });
        queue.consume(
          ({ data }) => (data === 'fails' ? Promise.reject(new Error('no')) : Promise.resolve()),
          {
            concurrency: 1,
          },
        );

        await reaches(queue, 'b', 'completed');
        expect(await queue.get('a')).toMatchObject({
          state: 'delayed',
          attemptsMade: 1,
          error: { message: 'no' },
        });
      });

      it('lets a failed job be tried again with all its attempts', async () => {
        const queue = bench.queue();
        let broken = true;
        await queue.add('x', { id: 'a', attempts: 2, backoff: QUICK });
        queue.consume(() => (broken ? Promise.reject(new Error('no')) : Promise.resolve()), {
          concurrency: 1,
        });
        await reaches(queue, 'a', 'failed');

        broken = false;
        await queue.retry('a');

        expect(await reaches(queue, 'a', 'completed')).toMatchObject({ attemptsMade: 1 });
      });

      it('retries only what has failed', async () => {
        const queue = bench.queue();
        await queue.add('x', { id: 'a' });

        await expect(queue.retry('a')).rejects.toMatchObject({ code: 'JOB_STATE_CONFLICT' });
        await expect(queue.retry('nobody')).rejects.toMatchObject({ code: 'JOB_NOT_FOUND' });
      });
    });

    describe('cancel', () => {
      const cancelled = new AbortedError('cancel', 'not wanted any more');

      it.each([0, 60_000])('removes a job that has not begun (delay %d ms)', async (delayMs) => {
        const queue = bench.queue();
        await queue.add('x', { id: 'a', delayMs });

        expect(await queue.cancel('a', cancelled)).toBe('removed');

        expect(await queue.get('a')).toBeUndefined();
        expect(await queue.cancel('a', cancelled)).toBe('none');
      });

      it('aborts the signal of an active job with the reason, and fails the job', async () => {
        const queue = bench.queue();
        const begun = new Gate();
        const told = new Gate<{ kind: AbortKind; message: string }>();
        await queue.add('x', { id: 'a', attempts: 3, backoff: QUICK });
        queue.consume(
          async (_job, signal) => {
            begun.open();
            await untilStopped(signal).catch((reason: unknown) => told.open(reason as AbortedError));
            throw new Error('something else');
          },
          { concurrency: 1 },
        );
        await begun.opened;

        expect(await queue.cancel('a', cancelled)).toBe('signalled');

        expect(await told.opened).toMatchObject({ kind: 'cancel', message: 'not wanted any more' });
        expect(await reaches(queue, 'a', 'failed')).toMatchObject({
          result: null,
          error: { code: 'CANCELLED', message: 'not wanted any more', retryable: false },
        });
      });

      it('fails a cancelled job even when its handler succeeds', async () => {
        const queue = bench.queue();
        const begun = new Gate();
        const end = new Gate<string>();
        await queue.add('x', { id: 'a' });
        queue.consume(
          () => {
            begun.open();
            return end.opened;
          },
          { concurrency: 1 },
        );
        await begun.opened;
        await queue.cancel('a', cancelled);

        expect(await queue.cancel('a', new AbortedError('cancel', 'once more'))).toBe('signalled');
        end.open('done all the same');

        expect(await reaches(queue, 'a', 'failed')).toMatchObject({
          result: null,
          error: { code: 'CANCELLED', message: 'not wanted any more' },
        });
      });

      it('finds nothing to do for a finished or unknown job', async () => {
        const queue = bench.queue();
        await queue.add('x', { id: 'a' });
        queue.consume(async () => null, { concurrency: 1 });
        await reaches(queue, 'a', 'completed');

        expect(await queue.cancel('a', cancelled)).toBe('none');
        expect(await queue.cancel('nobody', cancelled)).toBe('none');
        expect(await queue.get('a')).toMatchObject({ state: 'completed' });
      });

      it('touches no other job', async () => {
        const queue = bench.queue<string>();
        const signals = new Map<string, AbortSignal>();
        const end = new Gate();
        await queue.addBulk(['a', 'b'].map((id) => ({ data: id, options: { id } })));
        queue.consume(
          async ({ id }, signal) => {
            signals.set(id, signal);
            await end.opened;
          },
          { concurrency: 2 },
        );
        await eventually(() => signals.size === 2);

        await queue.cancel('a', cancelled);
        await eventually(() => signals.get('a')?.aborted === true);
        end.open();

        await reaches(queue, 'a', 'failed');
        await reaches(queue, 'b', 'completed');
        expect(signals.get('b')?.aborted).toBe(false);
      });
    });
  });
}
