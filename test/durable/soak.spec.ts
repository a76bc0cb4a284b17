/**
 * FAULTS 31: a monkey that kills Redis and instances under load. Half a minute of it here; `npm run soak -- --minutes 60`
 * for longer, with the same seed (`--seed`) or another.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../helpers/eventually.js';
import { tell } from '../helpers/figures.js';
import { Fleet, QUICK, RECORDED } from '../helpers/fleet.js';
import { expectOracle } from '../helpers/oracle.js';
import { describeWithRedis } from '../helpers/redis-server.js';
import { Seeded } from '../helpers/seeded.js';
import { chain } from '../helpers/workflows.js';

const SOAK_MS = Number(process.env.SOAK_MS ?? 20_000);
const SEED = Number(process.env.SOAK_SEED ?? 31);

/** Between two kills of Redis; short ones in a short run, so that there are some. */
const REDIS_EVERY_MS = [5_000, Math.min(40_000, SOAK_MS / 3)] as const;

jest.setTimeout(2 * SOAK_MS + 180_000);

/** The monkey, and what it did. */
class Monkey {
  readonly did = { redisKilled: 0, killed: 0, stopped: 0 };
  readonly #random: Seeded;
  readonly #over = new AbortController();

  constructor(
    private readonly fleet: Fleet,
    seed: number,
  ) {
    this.#random = new Seeded(seed);
  }

  /** Until {@link stop}; ends with Redis and all instances up. */
  async rage(): Promise<void> {
    await Promise.all([this.#harmRedis(), this.#harmInstances()]);
  }

  stop(): void {
    this.#over.abort();
  }

  async #harmRedis(): Promise<void> {
    while (await this.#pause(...REDIS_EVERY_MS)) {
      await this.fleet.redis.kill();
      this.did.redisKilled++;
      await this.#pause(300, 3_000);
      await this.fleet.redis.restart();
    }
  }

  async #harmInstances(): Promise<void> {
    for (let nth = 1; await this.#pause(2_000, 8_000); nth++) {
      const instance = this.#random.oneOf(this.fleet.instances);
      if (nth % 3 !== 0) {
        await this.fleet.kill(instance);
        this.did.killed++;
      } else {
        this.fleet.forget(instance);
        await instance.stop('SIGTERM');
        this.did.stopped++;
      }
      // One that starts while Redis is away fails; an orchestrator would start it again.
      await eventually(() => this.fleet.add(), { within: 30_000 });
    }
  }

  /** @returns false when the monkey has been stopped. */
  async #pause(leastMs: number, mostMs: number): Promise<boolean> {
    const { signal } = this.#over;
    await sleep(this.#random.between(leastMs, Math.floor(mostMs)), undefined, { signal }).catch(
      () => undefined,
    );
    return !signal.aborted;
  }
}

describeWithRedis('FAULTS 31: a monkey', () => {
  it(`kills Redis and instances under load for ${SOAK_MS} ms, and nothing is lost (seed ${SEED})`, async () => {
    const random = new Seeded(SEED);
    const dispatch = {
      ...QUICK,
      maxConcurrentWorkflows: 20,
      // The monkey takes workers at random: several in a row with the same execution make no poison of it.
      maxRecoveries: 100,
      retention: { maxCount: 1_000_000 },
    };
    const fleet = await Fleet.start({ instances: 3, dispatch });
    const monkey = new Monkey(fleet, SEED + 1);
    const raging = monkey.rage();
    const under = new Set<Promise<unknown>>();
    const endsAt = Date.now() + SOAK_MS;
    while (Date.now() < endsAt) {
      const inputs = Array.from({ length: random.between(1, 4) }, () => ({
        sleepMs: random.between(0, 400),
      }));
      const submitting = fleet.ledger.submit(random.oneOf(fleet.instances), {
        workflow: chain(RECORDED, inputs),
      });
      under.add(submitting);
      void submitting.finally(() => under.delete(submitting));
      await sleep(random.between(20, 120));
    }
    monkey.stop();
    await Promise.all([raging, ...under]);
    // What was refused after it was on record, and before it was in the queue: an instance that starts looks for it.
    await fleet.add();
    const quietAt = Date.now();
    const figures = await expectOracle(fleet, { within: 60_000 });
    expect(monkey.did.redisKilled).toBeGreaterThan(0);
    expect(monkey.did.killed + monkey.did.stopped).toBeGreaterThan(0);
    tell({ seed: SEED, forMs: SOAK_MS, ...monkey.did, restMs: Date.now() - quietAt, ...figures });
  });
});
