import { BullModule, InjectQueue, getQueueToken } from '@nestjs/bullmq';
import { Inject, Injectable, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { Queue } from 'bullmq';
import { eventually } from '../../../test/helpers/eventually.js';
import { RedisServer, describeWithRedis } from '../../../test/helpers/redis-server.js';
import { QueueDriver } from '../ports/queue-driver.js';
import { QueueModule } from '../queue.module.js';

describeWithRedis('QueueModule with the driver bullmq', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await RedisServer.start({ durable: false });
  });
  afterAll(() => server.stop());

  const clients = (): Promise<number> =>
    server.with(
      async (client) =>
        String(await client.client('LIST'))
          .trim()
          .split('\n').length - 1,
    );

  it('provides a driver that is connected, and leaves no connection behind', async () => {
    const app = await Test.createTestingModule({
      imports: [QueueModule.forRoot({ driver: 'bullmq', redis: { url: server.url } })],
    }).compile();
    await app.init();
    const driver = app.get(QueueDriver, { strict: false });

    await driver.queue('executions').add('x', { id: 'a' });
    expect(driver.durable).toBe(true);
    await app.close();

    await eventually(async () => (await clients()) === 0);
  });

  it('registers a queue with @nestjs/bullmq, beside those of an application', async () => {
    @Injectable()
    class Dashboard {
      constructor(
        @InjectQueue('executions') readonly executions: Queue,
        @InjectQueue('mails') readonly mails: Queue,
        @Inject(QueueDriver) readonly driver: QueueDriver,
      ) {}
    }
    @Module({ imports: [BullModule.registerQueue({ name: 'mails' })], providers: [Dashboard] })
    class DashboardModule {}
    const app = await Test.createTestingModule({
      imports: [
        BullModule.forRoot({ connection: { port: server.port, host: '127.0.0.1' }, prefix: 'theirs' }),
        QueueModule.forRootAsync({
          registered: ['executions'],
          useFactory: () => ({ driver: 'bullmq' as const, redis: { url: server.url, keyPrefix: 'house' } }),
        }),
        DashboardModule,
      ],
    }).compile();
    await app.init();
    const { executions, mails, driver } = app.get(Dashboard, { strict: false });
    const queue = driver.queue<string>('executions');

    await queue.add('x', { id: 'a', priority: 10 });
    await mails.add('mail', {});

    expect(executions).toBe(app.get(getQueueToken('executions'), { strict: false }));
    expect(executions.name).toBe('executions');
    expect((await executions.getJobs(['prioritized'])).map(({ name, data }) => [name, data])).toEqual([
      ['a', 'x'],
    ]);
    expect(executions.qualifiedName).toBe('{house}:queue:executions');
    expect(mails.qualifiedName).toBe('theirs:mails');
    queue.consume(async () => null, { concurrency: 1 });
    await eventually(async () => (await queue.get('a'))?.state === 'completed');
    await app.close();
    await eventually(async () => (await clients()) === 0);
  });

  it.each([[undefined], [['executions']]])(
    'does not start without Redis, and says where it looked (registered: %p)',
    async (registered) => {
      const gone = await RedisServer.start({ durable: false });
      await gone.stop();
      const started = performance.now();
      const redis = { url: gone.url, connectTimeoutMs: 300 };

      const starting = Test.createTestingModule({
        imports: [QueueModule.forRoot({ driver: 'bullmq', redis, ...(registered && { registered }) })],
      }).compile();

      await expect(starting).rejects.toMatchObject({
        code: 'BACKEND_UNAVAILABLE',
        message: expect.stringContaining(`127.0.0.1:${gone.port}`),
      });
      expect(performance.now() - started).toBeLessThan(3_000);
    },
  );

  it('has nothing to register with the driver memory', async () => {
    const starting = Test.createTestingModule({
      imports: [QueueModule.forRoot({ driver: 'memory', registered: ['executions'] })],
    }).compile();

    await expect(starting).rejects.toMatchObject({ code: 'VALIDATION_FAILED' });
  });

  it.each([
    [{ redis: { url: 'http://127.0.0.1' } }],
    [{ redis: { keyPrefix: 'a:b' } }],
    [{ lockDurationMs: 0 }],
    [{ stalledIntervalMs: '1' }],
    [{ lock: 1 }],
  ])('refuses the options %p', async (options) => {
    const starting = Test.createTestingModule({
      imports: [QueueModule.forRoot({ driver: 'bullmq', ...(options as object) })],
    }).compile();

    await expect(starting).rejects.toMatchObject({ code: 'VALIDATION_FAILED' });
  });
});
