/** Workers that live, and say nothing for longer than their lock lasts. */
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../helpers/eventually.js';
import { tell } from '../helpers/figures.js';
import { Fleet, RECORDED } from '../helpers/fleet.js';
import { expectOracle } from '../helpers/oracle.js';
import { describeWithRedis } from '../helpers/redis-server.js';
import { chain, oneStep } from '../helpers/workflows.js';

const LOCK_MS = 2_000;
const DISPATCH = { lockDurationMs: LOCK_MS, stalledIntervalMs: 500, abortGraceMs: 500 };

/** The instance that runs the step, and the others. */
async function begun(fleet: Fleet, executionId: string | undefined, stepId: string) {
  const effect = await eventually(() => fleet.effects.begun(executionId ?? '', stepId)[0]);
  const owner = fleet.instances.find(({ pid }) => pid === effect.pid);
  if (owner === undefined) throw new Error('nobody runs it');
  return { owner, others: fleet.instances.filter((instance) => instance !== owner) };
}

describeWithRedis('FAULTS 12: an event loop that is blocked for longer than the lock', () => {
  it('loses the step to another worker, and cannot write over what that one wrote', async () => {
    const fleet = await Fleet.start({ dispatch: DISPATCH });
    const { ledger, effects } = fleet;
    const workflow = chain(RECORDED, [{}, { first: { blockMs: 4 * LOCK_MS } }, { sleepMs: 200 }]);
    const executionId = await ledger.submit(fleet.at(0), { workflow });
    const { owner, others } = await begun(fleet, executionId, 's1');
    const [successor] = others;
    const { steps } = (await successor?.client.finished(executionId ?? '')) ?? {};
    expect(steps?.s1).toMatchObject({ status: 'completed', attempts: 2, output: { pid: successor?.pid } });
    // It has not finished before, and nothing of it is seen once it has.
    expect(
      effects.of(executionId ?? '', 's1').filter(({ phase, pid }) => phase === 'end' && pid === owner.pid),
    ).toEqual([]);
    await eventually(
      () =>
        effects.of(executionId ?? '', 's1').some(({ phase, pid }) => phase === 'end' && pid === owner.pid),
      { within: 10_000 },
    );
    await eventually(async () => (await owner.client.get('/health/ready')).status === 200);
    expect((await owner.client.finished(executionId ?? '')).steps).toEqual(steps);
    await eventually(() => owner.output.includes(`execution ${executionId} is no longer this worker's`));
    tell(await expectOracle(fleet));
  });
});

describeWithRedis('a process that is stopped for longer than the lock, as a VM is', () => {
  it('loses the step, is told, and cannot write over what its successor wrote', async () => {
    const fleet = await Fleet.start({ dispatch: DISPATCH });
    const { ledger, effects } = fleet;
    const executionId = await ledger.submit(fleet.at(0), {
      workflow: chain(RECORDED, [{}, { first: { sleepMs: 60_000 } }, {}]),
    });
    const { owner, others } = await begun(fleet, executionId, 's1');
    owner.kill('SIGSTOP');
    const stoppedAt = Date.now();
    await eventually(() => effects.begun(executionId ?? '', 's1').length === 2, { within: 10_000 });
    const recoveryMs = Date.now() - stoppedAt;
    owner.kill('SIGCONT');
    const broken = await eventually(() =>
      effects.of(executionId ?? '', 's1').find(({ phase, pid }) => phase === 'broken' && pid === owner.pid),
    );
    expect(broken.reason).toBe('lost-lease');
    await eventually(() => owner.output.includes(`execution ${executionId} is no longer this worker's`));
    const { steps } = (await others[0]?.client.finished(executionId ?? '')) ?? {};
    expect(steps?.s1).toMatchObject({ status: 'completed', attempts: 2, output: { pid: others[0]?.pid } });
    await eventually(async () => (await owner.client.get('/health/ready')).status === 200);
    tell({ recoveryMs, ...(await expectOracle(fleet)) });
  });
});

describeWithRedis('FAULTS 21: Redis is stopped for twice the lock', () => {
  it('executions go on afterwards; each step ran twice at most', async () => {
    await outage(async (fleet) => {
      fleet.redis.freeze();
      await sleep(2 * LOCK_MS);
      fleet.redis.thaw();
    });
  });
});

describeWithRedis('FAULTS 22: CLIENT PAUSE for longer than the lock', () => {
  it('executions go on afterwards; each step ran twice at most', async () => {
    await outage(async (fleet) => {
      await fleet.redis.with((client) => client.call('CLIENT', 'PAUSE', String(2 * LOCK_MS), 'ALL'));
      await sleep(2 * LOCK_MS);
    });
  });
});

/** Twenty executions under way while Redis says nothing. */
async function outage(harm: (fleet: Fleet) => Promise<void>): Promise<void> {
  const fleet = await Fleet.start({ dispatch: DISPATCH });
  const { ledger, effects } = fleet;
  for (let nth = 0; nth < 20; nth++) {
    await ledger.submit(fleet.at(nth % 2), {
      workflow: chain(RECORDED, [{ sleepMs: 500 }, { sleepMs: 500 }, {}]),
    });
  }
  await eventually(
    () => effects.all().filter(({ stepId, phase }) => stepId === 's1' && phase === 'begin').length === 20,
  );
  const harming = harm(fleet);
  await sleep(100);
  const readyMs = Date.now();
  const ready = await fleet.at(0).client.get('/health/ready');
  const unreadyAfterMs = Date.now() - readyMs;
  expect(ready.status).toBe(503);
  expect((await fleet.at(0).client.get('/health/live')).status).toBe(200);
  const from = Date.now();
  expect(await ledger.submit(fleet.at(1), { workflow: oneStep(RECORDED) })).toBeUndefined();
  const refusedMs = Date.now() - from;
  expect(refusedMs).toBeLessThan(3_000);
  await harming;
  const healedAt = Date.now();
  await eventually(() => effects.all().some(({ at, phase }) => phase === 'end' && at > healedAt), {
    within: 10_000,
  });
  const recoveryMs = Date.now() - healedAt;
  const figures = await expectOracle(fleet);
  const calls = new Map<string, number>();
  for (const { executionId, stepId, phase } of effects.all()) {
    const key = `${executionId}:${stepId}`;
    if (phase === 'begin') calls.set(key, (calls.get(key) ?? 0) + 1);
  }
  expect(Math.max(...calls.values())).toBeLessThanOrEqual(2);
  tell({ unreadyAfterMs, refusedMs, recoveryMs, ...figures });
}
