import type { JobQueue } from '../ports/job-queue.js';
import { JOB_STATES, type JobState } from '../ports/job.js';
import { useQueueBench, type QueueDriverUnderTest } from './queue-driver-under-test.js';
import { Gate, eventually, handleInTurn, passMs, reaches } from './waiting.js';

const SHORT_MS = 25;

export function describeKeeping(underTest: QueueDriverUnderTest): void {
  describe('keeping and listing', () => {
    const bench = useQueueBench(underTest);

    /** Two completed, one failed, one active, two waiting and two delayed jobs. */
    async function fill(queue: JobQueue<string>): Promise<Gate> {
      const end = new Gate();
      for (const id of ['done-1', 'done-2', 'broken', 'active']) await queue.add(id, { id });
      queue.consume(
        async ({ id }) => {
          if (id === 'broken') throw new Error('no');
          if (id === 'active') await end.opened;
        },
        { concurrency: 1 },
      );
      await reaches(queue, 'active', 'active');
      await queue.add('low', { id: 'low', priority: 1 });
      await queue.add('high', { id: 'high', priority: 9 });
      await queue.add('late', { id: 'late', delayMs: 90_000 });
      await queue.add('soon', { id: 'soon', delayMs: 60_000 });
      return end;
    }

    async function ids(
      queue: JobQueue<string>,
      states: readonly JobState[],
      limit?: number,
    ): Promise<string[]> {
      const found: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await queue.list(states, { cursor, limit });
        expect(page.items.length).toBeLessThanOrEqual(limit ?? 50);
        found.push(...page.items.map(({ id }) => id));
        cursor = page.nextCursor ?? undefined;
      } while (cursor !== undefined);
      return found;
    }

    it('counts the jobs of every state', async () => {
      const queue = bench.queue<string>();
      const end = await fill(queue);

      expect(await queue.counts()).toEqual({ waiting: 2, delayed: 2, active: 1, completed: 2, failed: 1 });
      end.open();
    });

    it.each([1, 2, 3, 50, 500])(
      'lists states in the order asked for, each in its own order (pages of %d)',
      async (limit) => {
        const queue = bench.queue<string>();
        const end = await fill(queue);

        expect(await ids(queue, JOB_STATES, limit)).toEqual([
          'high',
          'low',
          'soon',
          'late',
          'active',
          'done-2',
          'done-1',
          'broken',
        ]);
        expect(await ids(queue, ['failed', 'waiting'], limit)).toEqual(['broken', 'high', 'low']);
        end.open();
      },
    );

    it('lists what get gives', async () => {
      const queue = bench.queue<string>();
      await queue.add('x', { id: 'a' });

      expect(await queue.list(['waiting', 'failed'])).toEqual({
        items: [await queue.get('a')],
        nextCursor: null,
      });
    });

    it('gives no cursor with a last page that is just full, and pages of 50 by default', async () => {
      const queue = bench.queue<number>();
      await queue.addBulk(Array.from({ length: 51 }, (_, data) => ({ data })));

      const full = await queue.list(['waiting'], { limit: 51 });
      const first = await queue.list(['waiting']);

      expect(full).toMatchObject({ items: { length: 51 }, nextCursor: null });
      expect(first).toMatchObject({ items: { length: 50 }, nextCursor: expect.any(String) });
    });

    it('goes on behind a job that has gone since its page', async () => {
      const queue = bench.queue<string>();
      for (const id of ['a', 'b', 'c']) await queue.add(id, { id });
      const page = await queue.list(['waiting'], { limit: 2 });
      await queue.remove('b');

      const rest = await queue.list(['waiting'], { cursor: page.nextCursor ?? '' });

      expect(rest.items.map(({ id }) => id)).toEqual(['c']);
    });

    it('refuses a cursor that it did not issue, or issued for another listing', async () => {
      const queue = bench.queue<string>();
      for (const id of ['a', 'b', 'c']) await queue.add(id, { id });
      const { nextCursor } = await queue.list(['waiting'], { limit: 1 });
      const good = nextCursor ?? '';
      const flipped = (good.startsWith('A') ? 'B' : 'A') + good.slice(1);

      for (const cursor of [
        '',
        'x',
        '0',
        'e30',
        '../',
        '\0',
        'x'.repeat(100_000),
        flipped,
        `${good}=`,
        `${good}x`,
        ` ${good}`,
      ]) {
        await expect(queue.list(['waiting'], { cursor })).rejects.toMatchObject({ code: 'INVALID_CURSOR' });
      }
      await expect(queue.list(['delayed'], { cursor: good })).rejects.toMatchObject({
        code: 'INVALID_CURSOR',
      });
    });

    it.each([0, 501, -1, 1.5, NaN, Infinity, '5'])('refuses the limit %p', async (limit) => {
      await expect(bench.queue().list(['waiting'], { limit: limit as number })).rejects.toMatchObject({
        code: 'VALIDATION_FAILED',
      });
    });

    it('refuses a state that there is not', async () => {
      await expect(bench.queue().list(['paused' as JobState])).rejects.toMatchObject({
        code: 'VALIDATION_FAILED',
      });
    });

    it('keeps no more finished jobs than it may, the latest ones', async () => {
      const queue = bench.queue<number>({ retention: { maxCount: 2 } });
      for (let n = 0; n < 5; n++) await queue.add(n, { id: String(n) });
      await handleInTurn(queue, 5);
      await eventually(async () => (await queue.get('4'))?.state === 'completed');

      expect((await queue.list(['completed'])).items.map(({ id }) => id)).toEqual(['4', '3']);
      expect(await queue.get('2')).toBeUndefined();
      expect(await queue.add(7, { id: '2' })).toMatchObject({ data: 7, state: 'waiting' });
    });

    it('keeps none when it may keep none', async () => {
      const queue = bench.queue<number>({ retention: { maxCount: 0 } });
      await queue.add(1, { id: 'a' });

      await handleInTurn(queue, 1);

      await eventually(async () => (await queue.get('a')) === undefined);
    });

    it('forgets finished jobs that are too old when another one finishes', async () => {
      const queue = bench.queue<string>({ retention: { maxAgeMs: SHORT_MS } });
      await queue.add('old', { id: 'old' });
      await handleInTurn(queue, 1);
      await passMs(SHORT_MS + 5);
      await queue.add('new', { id: 'new' });
      await handleInTurn(queue, 1);

      await eventually(async () => (await queue.get('old')) === undefined);
    });

    it.each<[string, number]>([
      ['waiting', 0],
      ['delayed', 60_000],
    ])('removes a %s job', async (_state, delayMs) => {
      const queue = bench.queue<string>();
      await queue.add('x', { id: 'a', delayMs });
      await queue.add('y', { id: 'b' });

      await queue.remove('a');

      expect(await queue.get('a')).toBeUndefined();
      expect(await handleInTurn(queue, 1)).toEqual(['y']);
      expect(await queue.counts()).toMatchObject({ waiting: 0, delayed: 0 });
    });

    it('removes finished jobs but no active one, and does not mind an unknown one', async () => {
      const queue = bench.queue<string>();
      const end = await fill(queue);

      await queue.remove('done-1');
      await queue.remove('broken');
      await queue.remove('nobody');
      await expect(queue.remove('active')).rejects.toMatchObject({ code: 'JOB_STATE_CONFLICT' });

      expect(await queue.counts()).toMatchObject({ active: 1, completed: 1, failed: 0 });
      end.open();
      await reaches(queue, 'active', 'completed');
    });
  });
}
