import { join } from 'node:path';
import { ClientLedger } from './client-ledger.js';
import { Effects } from './effects.js';
import { RedisServer, type RedisServerOptions } from './redis-server.js';
import { ROOT, startService, type Service, type ServiceOptions } from './service.js';
import { functionPool } from './workflows.js';

/** The module of its agents. */
export const RECORDER = join(ROOT, 'test/fixtures/recording-agent.mjs');

/** Of the pool whose agents write down what they do. */
export const RECORDED = 'recorded';

/** Recovery in a few seconds. The defaults take up to 18. */
export const QUICK = { lockDurationMs: 1_500, stalledIntervalMs: 500 };

export interface FleetOptions {
  /** Default 2. */
  instances?: number;
  /** Default: {@link QUICK}. */
  dispatch?: object;
  /** More of the configuration. */
  config?: object;
  redis?: RedisServerOptions;
  /** What the instances are told that Redis is at, when it is not the server itself: a proxy. */
  via?: (server: RedisServer) => Promise<string>;
  lifetime?: ServiceOptions['lifetime'];
}

const running = new Map<Fleet, 'test' | 'file'>();

/** Instances of the service on one Redis of their own, with the ledgers of what clients were told and what agents did. */
export class Fleet {
  readonly ledger = new ClientLedger();
  readonly effects = new Effects();
  /** Those that live. */
  readonly instances: Service[] = [];
  /** The server that all of it is kept on; another one after a failover. */
  redis: RedisServer;
  readonly #options: FleetOptions;
  #redisUrl: string;

  static async start(options: FleetOptions = {}): Promise<Fleet> {
    const redis = await RedisServer.start(options.redis);
    const fleet = new Fleet(redis, options);
    running.set(fleet, options.lifetime ?? 'test');
    fleet.#redisUrl = (await options.via?.(redis)) ?? redis.url;
    await Promise.all(Array.from({ length: options.instances ?? 2 }, () => fleet.add()));
    return fleet;
  }

  private constructor(redis: RedisServer, options: FleetOptions) {
    this.redis = redis;
    this.#redisUrl = redis.url;
    this.#options = options;
  }

  /** @throws when there is none of that number. */
  at(index: number): Service {
    const instance = this.instances[index];
    if (instance === undefined) throw new Error(`no instance ${index}`);
    return instance;
  }

  /** What one more instance is started with. */
  get serviceOptions(): ServiceOptions {
    const { dispatch = QUICK, config, lifetime } = this.#options;
    return {
      lifetime,
      env: { EFFECTS_FILE: this.effects.file },
      config: {
        driver: 'bullmq',
        redis: { url: this.#redisUrl },
        dispatch,
        pools: [functionPool(RECORDED, { module: RECORDER, concurrencyPerAgent: 32 })],
        ...config,
      },
    };
  }

  async add(options: ServiceOptions = {}): Promise<Service> {
    const instance = await startService({ ...this.serviceOptions, ...options });
    this.instances.push(instance);
    return instance;
  }

  /** kill -9, and one more in its place, as an orchestrator would do. */
  async replace(instance: Service): Promise<Service> {
    await this.kill(instance);
    return this.add();
  }

  async kill(instance: Service): Promise<void> {
    this.forget(instance);
    await instance.stop('SIGKILL');
  }

  /** It has ended, or is about to. */
  forget(instance: Service): void {
    const index = this.instances.indexOf(instance);
    if (index >= 0) this.instances.splice(index, 1);
  }

  /** Ends Redis and forgets the ledgers; the instances end by themselves, with the test. */
  async stop(): Promise<void> {
    running.delete(this);
    await this.redis.stop();
    this.effects.delete();
  }
}

async function stopAll(lifetime: 'test' | 'file'): Promise<void> {
  const fleets = [...running].filter(([, until]) => until === lifetime).map(([fleet]) => fleet);
  await Promise.all(fleets.map((fleet) => fleet.stop()));
}

// Behind those of the services, which end first.
afterEach(() => stopAll('test'));
afterAll(() => stopAll('file'));
