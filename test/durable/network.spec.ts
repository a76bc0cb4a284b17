/** A network between the instances and Redis that breaks, stalls, forgets and resets. */
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../helpers/eventually.js';
import { tell } from '../helpers/figures.js';
import { Fleet, QUICK, RECORDED } from '../helpers/fleet.js';
import { expectOracle } from '../helpers/oracle.js';
import { describeWithRedis } from '../helpers/redis-server.js';
import { Seeded } from '../helpers/seeded.js';
import { TcpProxy } from '../helpers/tcp-proxy.js';
import { chain, oneStep } from '../helpers/workflows.js';

jest.setTimeout(90_000);

const PARTITION_MS = 8_000;
const SEED = 27;

/** Two instances behind one piece of network, with work under way. */
async function fleetBehind(
  random?: () => number,
  dispatch: object = QUICK,
): Promise<{ fleet: Fleet; network: TcpProxy }> {
  let network: TcpProxy | undefined;
  const fleet = await Fleet.start({
    dispatch: { ...dispatch, abortGraceMs: 500 },
    via: async ({ port }) => (network = await TcpProxy.start(port, random)).url,
  });
  if (network === undefined) throw new Error('no network');
  return { fleet, network };
}

async function submitSome(fleet: Fleet, executions: number): Promise<void> {
  await Promise.all(
    Array.from({ length: executions }, (_, nth) =>
      fleet.ledger.submit(fleet.at(nth % 2), {
        workflow: chain(RECORDED, [{ sleepMs: 200 }, { sleepMs: 200 }, {}]),
      }),
    ),
  );
}

/** How long after the network was healed something ended again. */
async function recovery(fleet: Fleet, healedAt: number): Promise<number> {
  await eventually(() => fleet.effects.all().some(({ phase, at }) => phase === 'end' && at > healedAt), {
    within: 15_000,
    what: 'the first completion',
  });
  return Date.now() - healedAt;
}

describeWithRedis('FAULTS 25: a partition', () => {
  it.each([
    ['that holds what is sent, and ends', (network: TcpProxy) => network.heal()],
    [
      'after which the connections of before are forgotten',
      (network: TcpProxy) => {
        network.forget();
        network.heal();
      },
    ],
  ])('%s: all go on by themselves within 15 s', async (_what, heal) => {
    const { fleet, network } = await fleetBehind();
    await submitSome(fleet, 20);
    await eventually(() => fleet.effects.all().length >= 10);
    network.cut();
    const cutAt = Date.now();
    const refusedMs: number[] = [];
    while (Date.now() - cutAt < PARTITION_MS) {
      const from = Date.now();
      await fleet.ledger.submit(fleet.at(refusedMs.length % 2), { workflow: oneStep(RECORDED) });
      refusedMs.push(Date.now() - from);
      await sleep(100);
    }
    expect((await fleet.at(0).client.get('/health/ready')).status).toBe(503);
    expect((await fleet.at(0).client.get('/health/live')).status).toBe(200);
    heal(network);
    const recoveryMs = await recovery(fleet, Date.now());
    expect(Math.max(...refusedMs)).toBeLessThan(3_000);
    for (const { client } of fleet.instances) {
      await eventually(async () => (await client.get('/health/ready')).status === 200, { within: 15_000 });
    }
    await submitSome(fleet, 4);
    tell({
      recoveryMs,
      refusedMaxMs: Math.max(...refusedMs),
      ...(await expectOracle(fleet, { within: 30_000 })),
    });
  });
});

describeWithRedis('FAULTS 27: a bad network', () => {
  it(`of 100 ms latency and as much jitter loses nothing (seed ${SEED})`, async () => {
    const random = new Seeded(SEED);
    // A lock that outlives a few answers of such a network.
    const dispatch = { lockDurationMs: 5_000, stalledIntervalMs: 1_000 };
    const { fleet, network } = await fleetBehind(() => random.next(), dispatch);
    network.quality = { latencyMs: 100, jitterMs: 100 };
    await submitSome(fleet, 20);
    tell(await expectOracle(fleet, { within: 30_000 }));
  });

  it(`of storms of resets loses nothing (seed ${SEED})`, async () => {
    const random = new Seeded(SEED);
    const { fleet, network } = await fleetBehind();
    const stormEndsAt = Date.now() + 8_000;
    while (Date.now() < stormEndsAt) {
      await sleep(random.between(100, 600));
      const submitting = submitSome(fleet, 4);
      // In the middle of it, as often as not.
      await sleep(random.between(0, 50));
      network.reset();
      await submitting;
    }
    const calmAt = Date.now();
    await eventually(() => fleet.ledger.submit(fleet.at(0), { workflow: oneStep(RECORDED) }));
    const recoveryMs = await recovery(fleet, calmAt);
    // What was refused after it was on record, and before it was in the queue: an instance that starts looks for it.
    await fleet.add();
    tell({ recoveryMs, ...(await expectOracle(fleet, { within: 30_000 })) });
  });

  it('whose NAT forgets the connections: idle instances notice, and take work again', async () => {
    const { fleet, network } = await fleetBehind();
    network.forget();
    const from = Date.now();
    // What is found out first by whoever sends something: submits fail until then, in time.
    await eventually(
      async () => (await fleet.ledger.submit(fleet.at(0), { workflow: oneStep(RECORDED) })) !== undefined,
      { within: 20_000 },
    );
    const acceptedMs = Date.now() - from;
    await eventually(() => fleet.effects.all().length > 0, { within: 40_000 });
    tell({ acceptedMs, takenMs: Date.now() - from, ...(await expectOracle(fleet)) });
  });
});
