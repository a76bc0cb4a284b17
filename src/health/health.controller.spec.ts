import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import type { PoolOptions } from '#agent-pool';
import { OrchestraModule } from '#orchestra';
import { QueueDriver } from '#queue';
import { FunctionAgentFactory } from '#agents';
import { LifecycleModule } from '../lifecycle/lifecycle.module.js';
import { Readiness } from '../lifecycle/readiness.js';
import { HealthModule } from './health.module.js';

/** A pool whose agents cannot be made. */
class NoAgents extends FunctionAgentFactory {
  override create(): Promise<never> {
    return Promise.reject(new Error('no agents today'));
  }
}

describe('GET /health/...', () => {
  let app: NestFastifyApplication;
  let ping: jest.SpyInstance;

  async function start(readyWhen?: PoolOptions['readyWhen']): Promise<void> {
    const pools = [{ capability: 'none', factory: new NoAgents(() => null), readyWhen }];
    const module = await Test.createTestingModule({
      imports: [LifecycleModule, OrchestraModule.forRoot({ pools }), HealthModule],
    }).compile();
    app = module.createNestApplication<NestFastifyApplication>(new FastifyAdapter(), { logger: false });
    await app.init();
    ping = jest.spyOn(app.get(QueueDriver, { strict: false }), 'ping');
  }

  afterEach(() => app.close());

  /** The status of each path. */
  const statuses = async (): Promise<Record<string, number>> =>
    Object.fromEntries(
      await Promise.all(
        ['live', 'ready', 'startup', 'detailed'].map(async (path) => {
          const { statusCode } = await app.inject({ method: 'GET', url: `/health/${path}` });
          return [path, statusCode] as const;
        }),
      ),
    );

  it('answers by the state of the service; a pool without agents is no reason to send work elsewhere', async () => {
    await start();
    expect(await statuses()).toEqual({ live: 200, ready: 503, startup: 503, detailed: 503 });
    app.get(Readiness).started();
    expect(await statuses()).toEqual({ live: 200, ready: 200, startup: 200, detailed: 200 });
    const { status, details } = (await app.inject({ method: 'GET', url: '/health' })).json();
    expect(status).toBe('degraded');
    expect(details.pools).toMatchObject({ status: 'degraded', details: { none: { health: 'critical' } } });
    app.get(Readiness).draining();
    expect(await statuses()).toEqual({ live: 200, ready: 503, startup: 200, detailed: 503 });
  });

  it('is not ready without the agents that a pool asks for, alive though, and started', async () => {
    await start('any');
    app.get(Readiness).started();
    expect(await statuses()).toEqual({ live: 200, ready: 503, startup: 200, detailed: 503 });
    const { error } = (await app.inject({ method: 'GET', url: '/health/ready' })).json();
    expect(error).toMatchObject({ pools: { status: 'down', details: { none: { required: 1, usable: 0 } } } });
  });

  it('is not ready without the queue, alive though, and started', async () => {
    await start();
    app.get(Readiness).started();
    ping.mockRejectedValue(new Error('connection refused'));
    expect(await statuses()).toEqual({ live: 200, ready: 503, startup: 200, detailed: 503 });
    ping.mockRestore();
    expect(await statuses()).toMatchObject({ ready: 200 });
  });
});
