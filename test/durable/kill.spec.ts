/** Processes that are gone from one moment to the next. */
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../helpers/eventually.js';
import { tell } from '../helpers/figures.js';
import { Fleet, QUICK, RECORDED } from '../helpers/fleet.js';
import { expectOracle } from '../helpers/oracle.js';
import { describeWithRedis } from '../helpers/redis-server.js';
import { Seeded } from '../helpers/seeded.js';
import { startService } from '../helpers/service.js';
import { chain, functionPool, oneStep } from '../helpers/workflows.js';

jest.setTimeout(120_000);

const KILLS = 20;
const WORKFLOWS = 50;
const SEED = 20_261_130;

describeWithRedis('FAULTS 1: kill -9', () => {
  it(`at ${KILLS} random points loses nothing and repeats no completed step (seed ${SEED})`, async () => {
    const random = new Seeded(SEED);
    // Workers are lost at random: three in a row with the same execution make no poison of it.
    const fleet = await Fleet.start({ instances: 3, dispatch: { ...QUICK, maxRecoveries: KILLS } });
    const { ledger } = fleet;
    const submitOne = async (): Promise<void> => {
      const inputs = Array.from({ length: 4 }, () => ({ sleepMs: random.between(50, 500) }));
      const workflow = chain(RECORDED, inputs);
      // Whoever does not get an answer asks somebody else.
      while ((await ledger.submit(random.oneOf(fleet.instances), { workflow })) === undefined);
    };
    const starting = new Set<Promise<unknown>>();
    for (let nth = 0; nth < KILLS; nth++) {
      const due = Math.ceil((WORKFLOWS * (nth + 1)) / KILLS);
      while (ledger.accepted.length < due) await submitOne();
      await sleep(random.between(20, 400));
      const replacing = fleet.replace(random.oneOf(fleet.instances));
      starting.add(replacing);
      void replacing.finally(() => starting.delete(replacing));
      if (fleet.instances.length < 2) await Promise.race(starting);
    }
    await Promise.all(starting);
    expect(fleet.ledger.accepted).toHaveLength(WORKFLOWS);
    tell(await expectOracle(fleet, { within: 40_000 }));
  });

  it('in the middle of a step has it begun again in less than 20 s, by default', async () => {
    const fleet = await Fleet.start({ instances: 1, dispatch: {} });
    const workflow = chain(RECORDED, [{}, { first: { sleepMs: 60_000 } }, {}]);
    const executionId = (await fleet.ledger.submit(fleet.at(0), { workflow })) ?? '';
    await eventually(() => fleet.effects.begun(executionId, 's1').length === 1);
    const next = await fleet.add();
    await fleet.kill(fleet.at(0));
    const killedAt = Date.now();
    await eventually(() => fleet.effects.begun(executionId, 's1').length === 2, { within: 20_000 });
    const recoveryMs = Date.now() - killedAt;
    const { steps } = await next.client.finished(executionId);
    expect(fleet.effects.begun(executionId, 's0')).toHaveLength(1);
    expect([steps.s0?.attempts, steps.s1?.attempts, steps.s2?.attempts]).toEqual([1, 2, 1]);
    tell({ recoveryMs, ...(await expectOracle(fleet)) });
  });
});

describeWithRedis('FAULTS 15: an execution that kills its process, each time', () => {
  it('fails as POISONED after dispatch.maxRecoveries, and takes nobody along', async () => {
    const fleet = await Fleet.start();
    const { ledger, effects } = fleet;
    const poison = await ledger.submit(
      fleet.at(0),
      { workflow: chain(RECORDED, [{}, { sleepMs: 300, exit: 3 }]) },
      { ends: ['failed'] },
    );
    for (let nth = 0; nth < 8; nth++) {
      await ledger.submit(fleet.at(nth % 2), {
        workflow: chain(RECORDED, [{ sleepMs: 200 }, { sleepMs: 500 }]),
      });
    }
    let ended = 0;
    const { client } = await (async () => {
      for (;;) {
        const dead = fleet.instances.filter(({ hasExited }) => hasExited);
        ended += dead.length;
        for (const instance of dead) await fleet.replace(instance);
        const alive = fleet.at(0);
        const answer = await alive.client.get(`/v1/executions/${poison}`).catch(() => undefined);
        if (answer?.json?.status === 'failed') return alive;
        await sleep(50);
      }
    })();
    const { error, steps } = await client.finished(poison ?? '');
    expect(error).toMatchObject({ code: 'POISONED', retryable: false, details: { recoveries: 3 } });
    expect(steps.s0).toMatchObject({ status: 'completed', attempts: 1 });
    expect(ended).toBe(3);
    expect(effects.begun(poison ?? '', 's1')).toHaveLength(3);
    tell({ processes: ended, ...(await expectOracle(fleet)) });
  });
});

describe('FAULTS 34: the memory driver', () => {
  it('warns in production that a crash loses what was accepted, and so it is', async () => {
    const config = { http: { port: 0 }, pools: [functionPool('local')] };
    const env = { NODE_ENV: 'production' };
    const first = await startService({ config, env });
    expect(first.output).toContain('accepted work is lost in a crash');
    const executionId = await first.client.submit(oneStep('local', { do: 'sleep', ms: 10_000 }));
    await first.stop('SIGKILL');
    const second = await startService({ config, env });
    expect((await second.client.get(`/v1/executions/${executionId}`)).status).toBe(404);
  });
});
