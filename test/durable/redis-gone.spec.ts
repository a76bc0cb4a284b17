/** Redis that dies, is full, is set up wrong, or fails over to a server that has not heard of everything. */
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../helpers/eventually.js';
import { tell } from '../helpers/figures.js';
import { Fleet, QUICK, RECORDED } from '../helpers/fleet.js';
import { expectOracle } from '../helpers/oracle.js';
import { expectProblem } from '../helpers/problems.js';
import { RedisServer, describeWithRedis } from '../helpers/redis-server.js';
import { TcpProxy } from '../helpers/tcp-proxy.js';
import { failToStart, startService } from '../helpers/service.js';
import { chain, functionPool, oneStep } from '../helpers/workflows.js';

jest.setTimeout(90_000);

const OUTAGE_MS = 6_000;

describeWithRedis('FAULTS 19: Redis is killed, and starts again from its AOF', () => {
  it('busy and idle instances come back by themselves; nothing is lost, and submits meanwhile are refused in time', async () => {
    // The second one has no pool for what is submitted at first: it stays idle until the end.
    const fleet = await Fleet.start({ instances: 2, dispatch: { ...QUICK, maxConcurrentWorkflows: 20 } });
    const { ledger, effects, redis } = fleet;
    const [one, two] = [fleet.at(0), fleet.at(1)];
    for (let nth = 0; nth < 30; nth++) {
      await ledger.submit(fleet.at(nth % 2), {
        workflow: chain(RECORDED, [{ sleepMs: 400 }, { sleepMs: 400 }, {}]),
      });
    }
    await eventually(() => effects.all().length >= 20);
    await redis.kill();
    const killedAt = Date.now();
    expect((await one.client.get('/health/ready')).status).toBe(503);
    const unreadyMs = Date.now() - killedAt;
    const refusedMs: number[] = [];
    while (Date.now() - killedAt < OUTAGE_MS) {
      for (const { client } of [one, two]) {
        const from = Date.now();
        const answer = await client.post('/v1/executions', { workflow: oneStep(RECORDED) });
        refusedMs.push(Date.now() - from);
        expectProblem(answer, 503, 'BACKEND_UNAVAILABLE');
        expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
        expect((await client.get('/health/live')).status).toBe(200);
        expect((await client.get('/health/ready')).status).toBe(503);
      }
      await sleep(200);
    }
    expect(Math.max(...refusedMs)).toBeLessThan(3_000);
    await redis.restart();
    const backAt = Date.now();
    await eventually(() => effects.all().some(({ phase, at }) => phase === 'end' && at > backAt), {
      within: 15_000,
    });
    const recoveryMs = Date.now() - backAt;
    await eventually(async () => (await one.client.get('/health/ready')).status === 200, { within: 10_000 });
    await eventually(async () => (await two.client.get('/health/ready')).status === 200, { within: 10_000 });
    await expectOracle(fleet);
    await expectBothWork(fleet);
    tell({ unreadyMs, refusedMaxMs: Math.max(...refusedMs), recoveryMs, ...(await expectOracle(fleet)) });
  });

  it('an idle fleet takes work afterwards as before', async () => {
    const fleet = await Fleet.start();
    await fleet.redis.kill();
    await sleep(OUTAGE_MS / 2);
    await fleet.redis.restart();
    for (const { client } of fleet.instances) {
      await eventually(async () => (await client.get('/health/ready')).status === 200, { within: 10_000 });
    }
    await expectBothWork(fleet);
    await expectOracle(fleet);
  });
});

/** Each instance takes jobs, whoever accepted them. */
async function expectBothWork(fleet: Fleet): Promise<void> {
  const ids = await Promise.all(
    Array.from({ length: 40 }, (_, nth) =>
      fleet.ledger.submit(fleet.at(nth % 2), { workflow: oneStep(RECORDED, { sleepMs: 500 }) }),
    ),
  );
  await eventually(() => ids.every((id) => fleet.effects.begun(id ?? '').length > 0), { within: 15_000 });
  const pids = new Set(
    fleet.effects
      .all()
      .filter(({ executionId }) => ids.includes(executionId))
      .map(({ pid }) => pid),
  );
  expect(pids).toEqual(new Set(fleet.instances.map(({ pid }) => pid)));
}

describeWithRedis('FAULTS 23: Redis has no memory left, and evicts nothing', () => {
  it('refuses what is new with 503, ends what runs, and goes on once there is room', async () => {
    const fleet = await Fleet.start();
    const { ledger, redis } = fleet;
    const before = await Promise.all(
      Array.from({ length: 6 }, (_, nth) =>
        ledger.submit(fleet.at(nth % 2), { workflow: chain(RECORDED, [{ sleepMs: 1_500 }, {}]) }),
      ),
    );
    await eventually(() => fleet.effects.all().length >= 6);
    await redis.with(async (client) => {
      await client.config('SET', 'maxmemory', '1mb');
    });
    const answer = await fleet.at(0).client.post('/v1/executions', { workflow: oneStep(RECORDED) });
    expectProblem(answer, 503, 'BACKEND_UNAVAILABLE');
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    // What is on record can be read all the while.
    expect((await fleet.at(1).client.get(`/v1/executions/${before[0]}`)).status).toBe(200);
    // What runs goes on to its end.
    const ended = async (): Promise<boolean> =>
      (await fleet.at(0).client.list('?status=completed')).items.length === before.length;
    await eventually(ended, { within: 10_000 });
    await redis.with((client) => client.config('SET', 'maxmemory', '0'));
    const freedAt = Date.now();
    await eventually(() => ledger.submit(fleet.at(0), { workflow: oneStep(RECORDED) }), { within: 10_000 });
    const recoveryMs = Date.now() - freedAt;
    const figures = await expectOracle(fleet);
    expect(figures.duplicated).toBe(0);
    tell({ recoveryMs, ...figures });
  });
});

describeWithRedis('FAULTS 24: a server that evicts keys', () => {
  it('is refused at the start, with the setting named, where its memory is bounded', async () => {
    const redis = await RedisServer.start({
      settings: ['--maxmemory', '100mb', '--maxmemory-policy', 'allkeys-lru'],
    });
    const { code, stderr, durationMs } = await failToStart({
      config: { driver: 'bullmq', redis: { url: redis.url }, pools: [functionPool('local')] },
    });
    await redis.stop();
    expect(code).toBe(1);
    expect(durationMs).toBeLessThan(5_000);
    expect(stderr).toMatch(/maxmemory-policy is allkeys-lru: set it to noeviction/);
  });

  it('is warned of where it is not', async () => {
    const redis = await RedisServer.start({ settings: ['--maxmemory-policy', 'allkeys-lru'] });
    const service = await startService({
      config: { driver: 'bullmq', redis: { url: redis.url }, pools: [functionPool('local')] },
    });
    expect(service.output).toMatch(/maxmemory-policy is allkeys-lru/);
    await service.stop();
    await redis.stop();
  });
});

/** Resolves when the replica has all that the primary has been told so far. */
async function heardOfAll(primary: RedisServer, replica: RedisServer): Promise<void> {
  const offset = (server: RedisServer): Promise<number> =>
    server.with(async (client) =>
      Number(/master_repl_offset:(\d+)/.exec(await client.info('replication'))?.[1]),
    );
  const told = await offset(primary);
  await eventually(async () => (await offset(replica)) >= told, { within: 10_000, what: 'the replica' });
}

describeWithRedis('FAULTS 29: failover to a replica that lags behind', () => {
  it('counts what was accepted and is missing; what is there ends', async () => {
    let front: TcpProxy | undefined;
    const fleet = await Fleet.start({ via: async ({ port }) => (front = await TcpProxy.start(port)).url });
    const { ledger, redis: primary } = fleet;
    const replication = await TcpProxy.start(primary.port);
    const replica = await RedisServer.start({
      settings: ['--replicaof', '127.0.0.1', String(replication.port)],
    });
    const submit = (): Promise<unknown> =>
      Promise.all(
        Array.from({ length: 10 }, (_, nth) =>
          ledger.submit(fleet.at(nth % 2), {
            workflow: chain(RECORDED, [{ sleepMs: 1_000 }, { sleepMs: 300 }, {}]),
          }),
        ),
      );
    await submit();
    // Some of them are claimed behind the back of the replica, which gives the same number to another worker.
    await heardOfAll(primary, replica);
    const copied = ledger.accepted.map(({ executionId }) => executionId);
    replication.cut();
    await submit();
    await primary.kill();
    replication.forget();
    await replication.close();
    await replica.with((client) => client.replicaof('NO', 'ONE'));
    fleet.redis = replica;
    const failedOverAt = Date.now();
    if (front !== undefined) front.target = replica.port;

    await eventually(async () => (await fleet.at(0).client.get('/health/ready')).status === 200, {
      within: 15_000,
    });
    const readyMs = Date.now() - failedOverAt;
    const answers = await Promise.all(
      ledger.accepted.map(async ({ executionId }) => ({
        executionId,
        status: (await fleet.at(0).client.get(`/v1/executions/${executionId}`)).status,
      })),
    );
    const missing = new Set(
      answers.filter(({ status }) => status === 404).map(({ executionId }) => executionId),
    );
    expect(copied.filter((id) => missing.has(id))).toEqual([]);
    await Promise.all(copied.map((id) => fleet.at(0).client.finished(id, 30_000)));
    const figures = await expectOracle(fleet, { missing, setBack: true });
    tell({ readyMs, acknowledgedAndMissing: missing.size, ...figures });
    expect(await ledger.submit(fleet.at(1), { workflow: oneStep(RECORDED) })).toBeDefined();
    await expectOracle(fleet, { missing, setBack: true });
    await primary.stop();
  });
});
