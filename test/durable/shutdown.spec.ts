/** The orderly end of one instance, with others alive, and without Redis. */
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../helpers/eventually.js';
import { tell } from '../helpers/figures.js';
import { Fleet, RECORDED } from '../helpers/fleet.js';
import { expectOracle } from '../helpers/oracle.js';
import { RedisServer, describeWithRedis } from '../helpers/redis-server.js';
import { startService } from '../helpers/service.js';
import { chain, functionPool, oneStep } from '../helpers/workflows.js';

const SHUTDOWN = { gracePeriodMs: 5_000 };

describeWithRedis('FAULTS 4: SIGTERM under load', () => {
  it('hands back at once what runs; another instance goes on in less than a second, and nothing is lost', async () => {
    const fleet = await Fleet.start({
      dispatch: { maxConcurrentWorkflows: 50 },
      config: { shutdown: SHUTDOWN },
    });
    const { ledger, effects } = fleet;
    const [leaving, staying] = [fleet.at(0), fleet.at(1)];
    const long = await Promise.all(
      Array.from({ length: 10 }, () =>
        ledger.submit(leaving, { workflow: chain(RECORDED, [{}, { sleepMs: 2_000 }, {}]) }),
      ),
    );
    await eventually(() => long.every((id) => effects.begun(id ?? '', 's1').length === 1));
    const load = new AbortController();
    const loading = (async () => {
      for (let nth = 0; !load.signal.aborted; nth++) {
        void ledger.submit(fleet.at(nth % fleet.instances.length), {
          workflow: oneStep(RECORDED, { sleepMs: 20 }),
        });
        await sleep(5);
      }
    })();
    await sleep(300);
    const here = effects
      .all()
      .filter(({ pid, stepId, phase }) => pid === leaving.pid && stepId === 's1' && phase === 'begin');
    expect(here.length).toBeGreaterThan(0);
    const signalledAt = Date.now();
    leaving.kill('SIGTERM');
    const { code, stderr } = await leaving.exit();
    const exitMs = Date.now() - signalledAt;
    fleet.forget(leaving);
    await sleep(300);
    load.abort();
    await loading;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const again = here.map(({ executionId }) =>
      effects.begun(executionId, 's1').find(({ pid }) => pid === staying.pid),
    );
    const takeoverMs = Math.max(...again.map((effect) => (effect?.at ?? Infinity) - signalledAt));
    expect(takeoverMs).toBeLessThan(1_000);
    tell({ exitMs, takeoverMs, handedBack: here.length, ...(await expectOracle(fleet)) });
  });
});

describeWithRedis('FAULTS 5: SIGTERM while a step submits its follow-up', () => {
  it('the follow-up is there, once', async () => {
    const fleet = await Fleet.start();
    const { ledger, effects } = fleet;
    const workflow = { ...oneStep(RECORDED), id: 'follow-up' };
    const urls = fleet.instances.map(({ url }) => url);
    const executionId = await ledger.submit(fleet.at(0), {
      workflow: chain(RECORDED, [{ first: { followUp: { urls, workflow } } }, {}]),
    });
    const { pid } = await eventually(() => effects.begun(executionId ?? '')[0]);
    const leaving = fleet.instances.find((instance) => instance.pid === pid) ?? fleet.at(0);
    fleet.forget(leaving);
    expect((await leaving.stop()).code).toBe(0);
    // Handed back, or finished in the grace: another one goes on.
    const { client } = fleet.at(0);
    await client.finished(executionId ?? '');
    const [followUp, ...others] = await eventually(async () => {
      const { items } = await client.list('?workflowId=follow-up');
      return items.length > 0 ? items : undefined;
    });
    expect(others).toEqual([]);
    await client.finished(followUp?.executionId ?? '');
    expect(effects.begun(followUp?.executionId ?? '')).toHaveLength(1);
    await expectOracle(fleet);
  });
});

describeWithRedis('FAULTS 9: SIGTERM while Redis', () => {
  it.each([
    ['is dead', (redis: RedisServer) => redis.kill()],
    ['is frozen', async (redis: RedisServer) => redis.freeze()],
  ])('%s ends within the deadline, busy or idle', async (_what, harm) => {
    const fleet = await Fleet.start({
      instances: 2,
      config: { shutdown: SHUTDOWN },
      dispatch: {
        maxConcurrentWorkflows: 1,
        abortGraceMs: 500,
        lockDurationMs: 1_500,
        stalledIntervalMs: 500,
      },
    });
    await fleet.ledger.submit(fleet.at(0), { workflow: oneStep(RECORDED, { sleepMs: 60_000 }) });
    await eventually(() => fleet.effects.all().length === 1);
    await harm(fleet.redis);
    const exits = await Promise.all(fleet.instances.map((instance) => instance.stop('SIGTERM')));
    for (const { durationMs, signal } of exits) {
      expect(signal).toBeNull();
      expect(durationMs).toBeLessThan(SHUTDOWN.gracePeriodMs + 5_000);
    }
    tell({ exits: exits.map(({ code, durationMs }) => ({ code, durationMs })) });
    if (!_what.includes('dead')) fleet.redis.thaw();
  });
});

describeWithRedis('FAULTS 10: SIGTERM during a start', () => {
  it.each([
    ['refuses connections', async (redis: RedisServer) => redis.stop()],
    ['takes them and says nothing', async (redis: RedisServer) => redis.freeze()],
  ])('whose Redis %s ends it at once', async (_what, harm) => {
    const redis = await RedisServer.start();
    await harm(redis);
    const service = await startService({
      config: { driver: 'bullmq', redis: { url: redis.url }, pools: [functionPool('local')] },
      until: 'spawned',
    });
    await sleep(1_500);
    expect(service.hasExited).toBe(false);
    const { code, durationMs } = await service.stop();
    expect(code).toBe(0);
    expect(durationMs).toBeLessThan(5_000);
    await redis.stop();
  });
});
