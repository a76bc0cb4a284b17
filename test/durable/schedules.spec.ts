import { eventually } from '../helpers/eventually.js';
import { describeWithRedis, RedisServer } from '../helpers/redis-server.js';
import { startService } from '../helpers/service.js';
import { functionPool, oneStep } from '../helpers/workflows.js';

const EVERY_MS = 1_000;

describeWithRedis('schedules on Redis', () => {
  let redis: RedisServer;
  beforeAll(async () => (redis = await RedisServer.start()));
  afterAll(() => redis.stop());

  it('fire each time once on two instances, and go on when one is killed', async () => {
    const config = { driver: 'bullmq', redis: { url: redis.url }, pools: [functionPool('local')] };
    const [one, two] = [await startService({ config }), await startService({ config })];
    const submitted = async (): Promise<number> =>
      (await two.client.get('/v1/executions?limit=500')).json.items.length;
    await one.client.post('/v1/schedules', { id: 'a', everyMs: EVERY_MS, workflow: oneStep('local') });
    await eventually(async () => (await submitted()) >= 2, { within: 10_000 });
    await one.stop('SIGKILL');
    const before = await submitted();
    await eventually(async () => (await submitted()) >= before + 2, { within: 25_000 });

    const { createdAt, lastAt } = (await two.client.get('/v1/schedules/a')).json;
    expect((Date.parse(lastAt) - Date.parse(createdAt)) % EVERY_MS).toBe(0);
    expect(await two.client.send('DELETE', '/v1/schedules/a')).toMatchObject({ status: 204 });
    // Those that were missed while nobody had the job are one execution.
    const times = (Date.parse(lastAt) - Date.parse(createdAt)) / EVERY_MS;
    expect(await submitted()).toBeLessThanOrEqual(times + 1);
    expect(await two.stop()).toMatchObject({ code: 0 });
  });
});
