import { AbortedError, type AbortKind } from '#core';
import type { JobHandler, JobQueue } from '../ports/job-queue.js';
import { useQueueBench, type QueueDriverUnderTest } from './queue-driver-under-test.js';
import { Gate, handleInTurn, passMs, reaches } from './waiting.js';

const KINDS: readonly AbortKind[] = ['timeout', 'cancel', 'shutdown', 'lost-lease'];

export function describeAborting(underTest: QueueDriverUnderTest): void {
  describe('a handler that aborts its own run', () => {
    const bench = useQueueBench(underTest);
    const own = new AbortedError('timeout', 'took too long');

    /** Job `a`, begun, whose handler aborts its run when told to and ends when told to, failing if `fails`. */
    async function begin(queue: JobQueue<string>, { fails = false } = {}) {
      const begun = new Gate();
      const end = new Gate();
      let run: Parameters<JobHandler<string>> | undefined;
      await queue.add('x', { id: 'a', attempts: 2 });
      const consumer = queue.consume(
        async (...given) => {
          run = given;
          begun.open();
          await end.opened;
          if (fails) throw Object.assign(new Error('stopped'), { code: 'STOPPED', retryable: false });
          return 'done';
        },
        { concurrency: 1 },
      );
      await begun.opened;
      if (run === undefined) throw new Error('the handler was given nothing');
      const [, signal, abort] = run;
      return { consumer, signal, abort, end };
    }

    it('aborts the very signal it was given, at once and with its reason', async () => {
      const { signal, abort, end } = await begin(bench.queue());
      const heard: unknown[] = [];
      signal.addEventListener('abort', () => heard.push(signal.reason));

      abort(own);

      expect(heard).toEqual([own]);
      expect(signal.reason).toBe(own);
      end.open();
    });

    it.each(KINDS)('leaves its job to its end, with a reason of kind %s: a success', async (kind) => {
      const queue = bench.queue<string>();
      const { abort, end } = await begin(queue);

      abort(new AbortedError(kind, 'enough'));
      end.open();

      expect(await reaches(queue, 'a', 'completed')).toMatchObject({ result: 'done', attemptsMade: 1 });
    });

    it.each(KINDS)('leaves its job to its end, with a reason of kind %s: a failure', async (kind) => {
      const queue = bench.queue<string>();
      const { abort, end } = await begin(queue, { fails: true });

      abort(new AbortedError(kind, 'enough'));
      end.open();

      expect(await reaches(queue, 'a', 'failed')).toMatchObject({
        error: { code: 'STOPPED', message: 'stopped' },
        attemptsMade: 1,
      });
    });

    it('keeps its first reason', async () => {
      const { signal, abort, end } = await begin(bench.queue());

      abort(own);
      abort(new AbortedError('cancel', 'too late'));

      expect(signal.reason).toBe(own);
      end.open();
    });

    it('is cancelled all the same by a cancel that comes later, and keeps its reason', async () => {
      const queue = bench.queue<string>();
      const { signal, abort, end } = await begin(queue);

      abort(own);
      expect(await queue.cancel('a', new AbortedError('cancel', 'not wanted'))).toBe('signalled');
      end.open();

      expect(await reaches(queue, 'a', 'failed')).toMatchObject({
        result: null,
        error: { code: 'CANCELLED', message: 'not wanted' },
      });
      expect(signal.reason).toBe(own);
    });

    it('changes nothing about a cancel that came first', async () => {
      const queue = bench.queue<string>();
      const { signal, abort, end } = await begin(queue);
      const cancelled = new Gate();
      signal.addEventListener('abort', () => cancelled.open());

      await queue.cancel('a', new AbortedError('cancel', 'not wanted'));
      await cancelled.opened;
      abort(own);
      end.open();

      expect(signal.reason).toMatchObject({ kind: 'cancel', message: 'not wanted' });
      expect(await reaches(queue, 'a', 'failed')).toMatchObject({ error: { code: 'CANCELLED' } });
    });

    it('is handed back all the same, uncounted, when it fails after its consumer began to close', async () => {
      const queue = bench.queue<string>();
      const { consumer, signal, abort, end } = await begin(queue, { fails: true });

      abort(own);
      const closed = consumer.close({ drainMs: 0 });
      // The interruption takes its turn; a signal that has aborted already does not show it.
      await passMs(1);
      end.open();

      expect(await closed).toEqual({ finished: 0, handedBack: 1, abandoned: 0 });
      expect(signal.reason).toBe(own);
      expect(await queue.get('a')).toMatchObject({ state: 'waiting', attemptsMade: 0, error: null });
      expect(await handleInTurn(queue, 1)).toEqual(['x']);
    });

    it('changes nothing once its job has ended', async () => {
      const queue = bench.queue<string>();
      const { abort, end } = await begin(queue);
      end.open();
      const ended = await reaches(queue, 'a', 'completed');

      abort(own);

      expect(await queue.get('a')).toEqual(ended);
    });
  });
}
