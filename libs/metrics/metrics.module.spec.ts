import { Controller, Module } from '@nestjs/common';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { EventsModule, OrchestraEvents } from '#events';
import { MetricsController } from './metrics.controller.js';
import { MetricsModule, type MetricsModuleOptions } from './metrics.module.js';
import { MetricsService } from './metrics.service.js';

const queued = { executionId: 'e', workflowId: 'w', priority: 5, retry: false };

@Controller()
class OwnController extends MetricsController {}

/** Any provider of the application, with no import of its own. */
@Module({})
class OtherModule {
  constructor(readonly metrics: MetricsService) {}
}

describe('MetricsModule', () => {
  const apps: NestFastifyApplication[] = [];

  async function start(...options: (MetricsModuleOptions | undefined)[]): Promise<NestFastifyApplication> {
    const module = await Test.createTestingModule({
      imports: [EventsModule, ...options.map((each) => MetricsModule.forRoot(each)), OtherModule],
    }).compile();
    const app = module.createNestApplication<NestFastifyApplication>(new FastifyAdapter(), { logger: false });
    apps.push(app);
    return app.init();
  }

  afterEach(async () => {
    await Promise.all(apps.splice(0).map((app) => app.close()));
  });

  const scrape = (app: NestFastifyApplication, url = '/metrics') => app.inject({ method: 'GET', url });

  it('serves the registry of the application in the Prometheus text format', async () => {
    const app = await start(undefined);
    app.get(OrchestraEvents).publish('execution.queued', queued);
    const { statusCode, headers, body } = await scrape(app);
    expect(statusCode).toBe(200);
    expect(headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(body).toContain('\norchestra_executions_submitted_total 1\n');
    expect(body).toContain('\nprocess_cpu_seconds_total ');
  });

  it('lends its service to every module', async () => {
    const app = await start(undefined);
    app.get(OtherModule).metrics.counter({ name: 'orchestra_mine_total', help: 'Mine.' }).inc(2);
    expect((await scrape(app)).body).toContain('\norchestra_mine_total 2\n');
  });

  it('gives two applications of one process figures of their own, at paths of their own', async () => {
    // Both modules are made before either is mounted, as two dynamic modules in one file are.
    const [one, other] = [{ path: '/one' }, { path: '/other' }].map((options) =>
      Test.createTestingModule({ imports: [EventsModule, MetricsModule.forRoot(options)] }),
    );
    const [first, second] = await Promise.all(
      [one!, other!].map(async (building) => {
        const app = (await building.compile()).createNestApplication<NestFastifyApplication>(
          new FastifyAdapter(),
          { logger: false },
        );
        apps.push(app);
        return app.init();
      }),
    );
    first!.get(OrchestraEvents).publish('execution.queued', queued);
    expect((await scrape(first!, '/one')).body).toContain('\norchestra_executions_submitted_total 1\n');
    expect((await scrape(second!, '/other')).body).toContain('\norchestra_executions_submitted_total 0\n');
    expect((await scrape(first!, '/other')).statusCode).toBe(404);
    expect((await scrape(second!, '/metrics')).statusCode).toBe(404);
  });

  it('may be there twice, at two paths', async () => {
    const app = await start({}, { path: '/own', controller: OwnController });
    app.get(OrchestraEvents).publish('execution.queued', queued);
    for (const path of ['/metrics', '/own']) {
      expect((await scrape(app, path)).body).toContain('\norchestra_executions_submitted_total 1\n');
    }
  });

  it('leaves the class of a controller of your own as it was', async () => {
    const pathBefore: unknown = Reflect.getMetadata('path', OwnController);
    const app = await start({ path: '/own', controller: OwnController });
    expect((await scrape(app, '/own')).statusCode).toBe(200);
    expect(Reflect.getMetadata('path', OwnController)).toEqual(pathBefore);
  });

  it('listens to no event when the application has closed', async () => {
    const app = await start(undefined);
    const events = app.get(OrchestraEvents);
    expect(events.listenerCount).toBeGreaterThan(0);
    await app.close();
    expect(events.listenerCount).toBe(0);
  });
});
