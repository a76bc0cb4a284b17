import { SystemClock } from '#core';
import { RedisServer, describeWithRedis } from '../../../test/helpers/redis-server.js';
import { describeQueueDriver } from '../conformance/describe-queue-driver.js';
import { BullmqQueueDriver } from './bullmq-queue-driver.js';

describeWithRedis('BullmqQueueDriver', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await RedisServer.start({ durable: false });
  });
  afterAll(() => server.stop());

  describeQueueDriver({
    name: 'bullmq',
    durable: true,
    create: (scope) =>
      BullmqQueueDriver.open({
        clock: new SystemClock(),
        redis: { url: server.url, keyPrefix: scope },
        lockDurationMs: 10_000,
        stalledIntervalMs: 4_000,
      }),
  });
});
