import { useQueueBench, type QueueDriverUnderTest } from './queue-driver-under-test.js';
import { Gate, eventually, handleInTurn, passMs, reaches, seededRandom } from './waiting.js';

const SHORT_MS = 25;

export function describeOrdering(underTest: QueueDriverUnderTest): void {
  describe('order and delay', () => {
    const bench = useQueueBench(underTest);

    it('is first in, first out within one priority', async () => {
      const queue = bench.queue<number>();
      for (let n = 0; n < 20; n++) await queue.add(n);

      expect(await handleInTurn(queue, 20)).toEqual(Array.from({ length: 20 }, (_, n) => n));
    });

    it('takes a higher priority first', async () => {
      const queue = bench.queue<number>();
      for (const priority of [5, 0, 10, 1, 9]) await queue.add(priority, { priority });

      expect(await handleInTurn(queue, 5)).toEqual([10, 9, 5, 1, 0]);
    });

    it.each([1, 2, 3, 4, 5, 6, 7, 8])(
      'hands out random jobs by priority, then by arrival (seed %d)',
      async (seed) => {
        const random = seededRandom(seed);
        const jobs = Array.from({ length: 5 + Math.floor(random() * 60) }, (_, n) => ({
          n,
          priority: Math.floor(random() * 11),
        }));
        const queue = bench.queue<(typeof jobs)[number]>();
        for (const job of jobs) await queue.add(job, { priority: job.priority });

        const handled = await handleInTurn(queue, jobs.length);

        expect(handled).toEqual([...jobs].sort((a, b) => b.priority - a.priority || a.n - b.n));
      },
    );

    it('lets a job of higher priority that comes late pass those that wait', async () => {
      const queue = bench.queue<string>();
      const gate = new Gate();
      const seen: string[] = [];
      queue.consume(
        async ({ data }) => {
          seen.push(data);
          if (data === 'running') await gate.opened;
        },
        { concurrency: 1 },
      );
      await queue.add('running');
      await eventually(() => seen.length === 1);
      await queue.add('low', { priority: 1 });
      await queue.add('high', { priority: 9 });
      gate.open();
      await eventually(() => seen.length === 3);

      expect(seen).toEqual(['running', 'high', 'low']);
    });

    it('starts an added job at once in a consumer that waits, and starts none twice', async () => {
      const queue = bench.queue<number>();
      const seen: number[] = [];
      queue.consume(async ({ data }) => void seen.push(data), { concurrency: 1 });

      for (let n = 0; n < 5; n++) {
        await queue.add(n);
        await eventually(() => seen.length === n + 1);
      }

      expect(seen).toEqual([0, 1, 2, 3, 4]);
    });

    it('holds a delayed job back until its time', async () => {
      const queue = bench.queue<string>();
      const seen: number[] = [];
      const start = performance.now();
      queue.consume(async () => void seen.push(performance.now() - start), { concurrency: 1 });

      expect(await queue.add('later', { delayMs: SHORT_MS })).toMatchObject({ state: 'delayed' });
      await eventually(() => seen.length === 1);

      // Wall clocks may be rounded to a millisecond.
      expect(seen[0]).toBeGreaterThanOrEqual(SHORT_MS - 2);
    });

    it('does not let a delayed job hold up the others', async () => {
      const queue = bench.queue<string>();
      await queue.add('delayed', { delayMs: 60_000, priority: 10 });
      await queue.add('waiting', { priority: 0 });

      expect(await handleInTurn(queue, 1)).toEqual(['waiting']);
      expect(await queue.counts()).toMatchObject({ delayed: 1 });
    });

    it('wakes delayed jobs in the order of their times', async () => {
      const queue = bench.queue<string>();
      await queue.add('second', { delayMs: 2 * SHORT_MS });
      await queue.add('third', { delayMs: 3 * SHORT_MS });
      await queue.add('first', { delayMs: SHORT_MS });

      expect(await handleInTurn(queue, 3)).toEqual(['first', 'second', 'third']);
    });

    it('lets a promoted job wait from now on, behind those of its priority', async () => {
      const queue = bench.queue<string>();
      await queue.add('promoted', { id: 'a', delayMs: 60_000 });
      await queue.add('before');

      await queue.promote('a');

      expect(await queue.get('a')).toMatchObject({ state: 'waiting' });
      expect(await handleInTurn(queue, 2)).toEqual(['before', 'promoted']);
    });

    it('starts a promoted job in a consumer that waits', async () => {
      const queue = bench.queue();
      await queue.add('x', { id: 'a', delayMs: 60_000 });
      queue.consume(async () => undefined, { concurrency: 1 });

      await queue.promote('a');

      await reaches(queue, 'a', 'completed');
    });

    it('promotes only what is delayed', async () => {
      const queue = bench.queue();
      await queue.add('x', { id: 'a' });

      await expect(queue.promote('a')).rejects.toMatchObject({ code: 'JOB_STATE_CONFLICT' });
      await expect(queue.promote('nobody')).rejects.toMatchObject({ code: 'JOB_NOT_FOUND' });
    });

    it('never runs a delayed job that was removed', async () => {
      const queue = bench.queue<string>();
      const seen: string[] = [];
      queue.consume(async ({ data }) => void seen.push(data), { concurrency: 1 });
      await queue.add('removed', { id: 'a', delayMs: SHORT_MS });
      await queue.add('kept', { delayMs: SHORT_MS });
      await queue.remove('a');

      await eventually(() => seen.length > 0);
      await passMs(SHORT_MS);

      expect(seen).toEqual(['kept']);
    });
  });
}
