import { Worker } from 'bullmq';
import { AbortedError, SystemClock, newId, type AbortKind } from '#core';
import { eventually, within } from '../../../test/helpers/eventually.js';
import { RedisServer, describeWithRedis } from '../../../test/helpers/redis-server.js';
import { Gate, reaches, untilStopped } from '../conformance/waiting.js';
import type { JobQueue } from '../ports/job-queue.js';
import { BullmqQueueDriver } from './bullmq-queue-driver.js';

const LOCK_MS = 400;
const STALLED_MS = 200;

jest.setTimeout(20_000);

describeWithRedis('BullmqQueueDriver, when things fail', () => {
  let server: RedisServer;
  let scope: string;
  let drivers: BullmqQueueDriver[];
  const unhandled: unknown[] = [];
  const note = (reason: unknown): void => void unhandled.push(reason);

  beforeAll(async () => {
    process.on('unhandledRejection', note);
    server = await RedisServer.start();
  });
  afterAll(async () => {
    await server.stop();
    process.off('unhandledRejection', note);
    expect(unhandled).toEqual([]);
  });
  beforeEach(() => {
    scope = newId();
    drivers = [];
  });
  afterEach(async () => {
    await Promise.all(drivers.map((driver) => driver.close()));
  });

  async function open(): Promise<BullmqQueueDriver> {
    const driver = await BullmqQueueDriver.open({
      clock: new SystemClock(),
      redis: { url: server.url, keyPrefix: scope, commandTimeoutMs: 1_000 },
      lockDurationMs: LOCK_MS,
      stalledIntervalMs: STALLED_MS,
    });
    drivers.push(driver);
    return driver;
  }

  const openQueue = async (): Promise<JobQueue<string>> => (await open()).queue<string>('jobs');

  /** Job `a`, active in a consumer of `queue`. */
  async function begin(queue: JobQueue<string>, handle: (signal: AbortSignal) => Promise<unknown>) {
    const begun = new Gate<AbortSignal>();
    await queue.add('x', { id: 'a', attempts: 2 });
    const consumer = queue.consume(
      (_job, signal) => {
        begun.open(signal);
        return handle(signal);
      },
      { concurrency: 1 },
    );
    return { consumer, signal: await begun.opened };
  }

  /** Job `a`, active in a worker that is no more. */
  async function orphan(queue: JobQueue<string>): Promise<void> {
    const begun = new Gate();
    await queue.add('x', { id: 'a' });
    const worker = new Worker(
      'jobs',
      () => {
        begun.open();
        return new Promise(() => undefined);
      },
      {
        connection: { host: '127.0.0.1', port: server.port, maxRetriesPerRequest: null },
        prefix: `{${scope}}:queue`,
        lockDuration: LOCK_MS,
        stalledInterval: STALLED_MS,
      },
    );
    worker.on('error', () => undefined);
    await begun.opened;
    await worker.close(true);
  }

  async function kindOf(signal: AbortSignal): Promise<AbortKind> {
    await within(
      3_000,
      'the abort',
      untilStopped(signal).catch(() => undefined),
    );
    return (signal.reason as AbortedError).kind;
  }

  const connections = (): Promise<number> =>
    server.with(
      async (client) =>
        String(await client.client('LIST'))
          .trim()
          .split('\n').length - 1,
    );

  describe('recovering', () => {
    it('starts a job anew whose worker died, and counts that as no attempt', async () => {
      const queue = await openQueue();
      await orphan(queue);
      const lost = performance.now();
      const started = new Gate<number>();

      queue.consume(
        async ({ recoveries, attemptsMade }) => {
          expect(attemptsMade).toBe(0);
          started.open(recoveries);
        },
        { concurrency: 1 },
      );

      expect(await started.opened).toBe(1);
      expect(performance.now() - lost).toBeLessThan(LOCK_MS + 2 * STALLED_MS + 1_000);
      expect(await reaches(queue, 'a', 'completed')).toMatchObject({ recoveries: 1, attemptsMade: 1 });
    });

    it.each<[string, (late: Gate) => Promise<unknown>]>([
      ['succeeds', (late) => late.opened.then(() => 'first')],
      ['fails', (late) => late.opened.then(() => Promise.reject(new Error('first')))],
    ])(
      'tells a handler whose job another one has; that it %s later changes nothing',
      async (_what, handle) => {
        const late = new Gate();
        const first = await begin(await openQueue(), () => handle(late));
        await server.with((client) => client.del(`{${scope}}:queue:jobs:i-a:lock`));

        expect(await kindOf(first.signal)).toBe('lost-lease');
        const second = await openQueue();
        const end = new Gate();
        const begun = new Gate();
        second.consume(
          async () => {
            begun.open();
            await end.opened;
            return 'second';
          },
          { concurrency: 1 },
        );
        await begun.opened;
        late.open();
        await eventually(() => first.consumer.active === 0);
        expect(await second.get('a')).toMatchObject({ state: 'active', recoveries: 1 });
        end.open();

        expect(await reaches(second, 'a', 'completed')).toMatchObject({ result: 'second', error: null });
      },
    );

    it('keeps a job that it took back from itself, also when the handler that had lost it ends later', async () => {
      const queue = await openQueue();
      const [late, end] = [new Gate(), new Gate()];
      const begun: number[] = [];
      await queue.add('x', { id: 'a' });
      queue.consume(
        async ({ id, recoveries }) => {
          if (id !== 'a') return;
          begun.push(recoveries);
          await (recoveries === 0 ? late : end).opened;
        },
        { concurrency: 3 },
      );
      await eventually(() => begun.length === 1);
      await server.with((client) => client.del(`{${scope}}:queue:jobs:i-a:lock`));
      await eventually(() => begun.length === 2);
      late.open();

      // By the time that this one runs, a lock that nobody renews would have been found.
      await queue.add('y', { id: 'b', delayMs: LOCK_MS + 4 * STALLED_MS });
      await reaches(queue, 'b', 'completed');
      expect(begun).toEqual([0, 1]);
      end.open();
      await reaches(queue, 'a', 'completed');
    });

    it('hands a job back to an instance that waits for one, at once', async () => {
      const { consumer } = await begin(await openQueue(), untilStopped);
      const other = await openQueue();
      const started = new Gate();
      other.consume(async () => started.open(), { concurrency: 1 });
      await (drivers[1] as BullmqQueueDriver).ping(AbortSignal.timeout(2_000));
      // Until it blocks.
      await eventually(() =>
        server.with(async (client) => /cmd=bzpopmin/.test(String(await client.client('LIST')))),
      );

      const report = await consumer.close({ drainMs: 0 });

      expect(report).toEqual({ finished: 0, handedBack: 1, abandoned: 0 });
      await within(1_000, 'the start elsewhere', started.opened);
      expect(await reaches(other, 'a', 'completed')).toMatchObject({ recoveries: 0, attemptsMade: 1 });
    });

    it('leaves its place among those that may be active to an instance that waits for one, at once', async () => {
      const [first, second] = [await open(), await open()].map((driver) =>
        driver.queue<string>('jobs', { maxActive: 1 }),
      ) as [JobQueue<string>, JobQueue<string>];
      const end = new Gate();
      const { consumer } = await begin(first, () => end.opened);
      await first.add('x', { id: 'b' });
      const started = new Gate();
      second.consume(async () => started.open(), { concurrency: 1 });
      await eventually(() =>
        server.with(async (client) => /cmd=bzpopmin/.test(String(await client.client('LIST')))),
      );

      const closed = consumer.close({ drainMs: 5_000 });
      end.open();
      await closed;

      await within(1_000, 'the start elsewhere', started.opened);
    });

    it('leaves a job to others that its consumer was waiting for when it was paused', async () => {
      const queue = await openQueue();
      const seen: string[] = [];
      const consumer = queue.consume(async () => void seen.push('paused'), { concurrency: 1 });
      await eventually(() =>
        server.with(async (client) => /cmd=bzpopmin/.test(String(await client.client('LIST')))),
      );

      await consumer.pause();
      await queue.add('x', { id: 'a' });
      const other = await openQueue();
      other.consume(async () => void seen.push('other'), { concurrency: 1 });

      await reaches(other, 'a', 'completed');
      expect(seen).toEqual(['other']);
    });
  });

  describe('cancelling', () => {
    const reason = new AbortedError('cancel', 'not wanted');

    it('reaches the instance that runs the job, within half a second', async () => {
      const { signal } = await begin(await openQueue(), untilStopped);
      const other = await openQueue();
      const asked = performance.now();

      expect(await other.cancel('a', reason)).toBe('signalled');

      expect(await kindOf(signal)).toBe('cancel');
      expect(performance.now() - asked).toBeLessThan(500);
      expect(await reaches(other, 'a', 'failed')).toMatchObject({
        error: { code: 'CANCELLED', message: 'not wanted' },
      });
    });

    it('reaches it also when the message was lost', async () => {
      const { signal } = await begin(await openQueue(), untilStopped);
      const other = await openQueue();

      await server.with((client) => client.call('CLIENT', 'KILL', 'TYPE', 'pubsub'));
      expect(await other.cancel('a', reason)).toBe('signalled');

      expect(await kindOf(signal)).toBe('cancel');
    });

    it('tells the handler of a job whose worker had died already from the start; a retry runs it', async () => {
      const queue = await openQueue();
      await orphan(queue);
      expect(await queue.cancel('a', reason)).toBe('signalled');
      const heard: unknown[] = [];
      queue.consume(async (_job, signal) => void heard.push(signal.aborted && signal.reason), {
        concurrency: 1,
      });

      expect(await reaches(queue, 'a', 'failed')).toMatchObject({ error: { code: 'CANCELLED' } });
      expect(heard).toMatchObject([{ kind: 'cancel', message: 'not wanted' }]);
      await queue.retry('a');
      await reaches(queue, 'a', 'completed');
      expect(heard.slice(1)).toEqual([false]);
    });
  });

  describe.each<[string, () => Promise<void> | void, () => Promise<void> | void]>([
    ['dead', () => server.kill(), () => server.restart()],
    ['frozen', () => server.freeze(), () => server.thaw()],
  ])('with a server that is %s', (_what, fail, heal) => {
    const unavailable = expect.objectContaining({ code: 'BACKEND_UNAVAILABLE', retryable: true });

    it('refuses every command in time, and works again afterwards', async () => {
      const driver = await open();
      const queue = driver.queue<string>('jobs');
      await queue.add('x', { id: 'before' });
      await fail();
      try {
        const signal = AbortSignal.timeout(5_000);
        const calls: (() => Promise<unknown>)[] = [
          () => queue.add('x'),
          () => queue.enqueue('x'),
          () => queue.addBulk([{ data: 'x' }]),
          () => queue.get('before'),
          () => queue.list(['waiting']),
          () => queue.counts(),
          () => queue.cancel('before', new AbortedError('cancel', 'x')),
          () => queue.remove('before'),
          () => queue.pause(),
          () => queue.isPaused(),
          () => driver.queue<string>('new').enqueue('x'),
          () => driver.ping(signal),
        ];
        await Promise.all(
          calls.map((call) => expect(within(3_000, String(call), call())).rejects.toEqual(unavailable)),
        );
        await expect(within(300, 'the ping', driver.ping(AbortSignal.timeout(50)))).rejects.toBeDefined();
      } finally {
        await heal();
      }

      await eventually(async () => (await queue.get('before'))?.state === 'waiting');
      await driver.queue<string>('new').enqueue('x');
    });

    it.each(['idle', 'busy'])('has consumers that come back by themselves (%s)', async (state) => {
      const driver = await open();
      const queue = driver.queue<string>('jobs');
      const end = new Gate();
      const consumer =
        state === 'busy'
          ? (await begin(queue, () => end.opened)).consumer
          : queue.consume(async () => undefined, { concurrency: 1 });
      await driver.ping(AbortSignal.timeout(3_000));
      await fail();
      end.open();
      await expect(driver.ping(AbortSignal.timeout(3_000))).rejects.toBeDefined();
      await heal();

      await eventually(() => queue.enqueue('y', { id: 'b' }).then(() => true));
      await eventually(async () => (await queue.get('b'))?.state === 'completed', { within: 10_000 });
      if (state === 'busy') {
        await eventually(async () => (await queue.get('a'))?.state === 'completed', { within: 10_000 });
      }
      await eventually(() => driver.ping(AbortSignal.timeout(3_000)).then(() => true));
      expect(consumer.active).toBe(0);
    });

    it.each(['idle', 'busy'])('closes in time (%s)', async (state) => {
      const driver = await open();
      const queue = driver.queue<string>('jobs');
      const consumer =
        state === 'busy'
          ? (await begin(queue, untilStopped)).consumer
          : queue.consume(async () => undefined, { concurrency: 1 });
      await driver.ping(AbortSignal.timeout(3_000));
      await fail();
      try {
        const report = await within(3_000, 'the close', consumer.close({ drainMs: 0, abortGraceMs: 100 }));
        expect(report).toEqual({ finished: 0, handedBack: state === 'busy' ? 1 : 0, abandoned: 0 });
        // Its goodbye is not answered.
        await within(3_000, 'the close of the driver', driver.close());
      } finally {
        await heal();
      }
      await eventually(async () => (await connections()) === 0);
    });
  });

  it('uses four connections with a consumer, and leaves none', async () => {
    const driver = await open();
    driver.queue('one').consume(async () => undefined, { concurrency: 1 });
    driver.queue('two');
    await driver.ping(AbortSignal.timeout(3_000));
    await eventually(async () => (await connections()) === 4);

    await driver.close();

    await eventually(async () => (await connections()) === 0);
  });
});
