import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { AgentPool } from '#agent-pool';
import { HttpDrain, createFastifyAdapter } from '#http';
import { AppModule } from './app.module.js';
import type { ServiceConfig } from './config/config.schema.js';
import type { ServiceInfo } from './info/service-info.js';
import { limitAbandonedTasks } from './lifecycle/abandonment-limit.js';
import { Readiness } from './lifecycle/readiness.js';
import { ServiceLogger } from './lifecycle/service-logger.js';
import { ServiceShutdown } from './lifecycle/service-shutdown.js';
import { loadMaintenance } from './maintenance/load-maintenance.js';
import { loadPatterns } from './patterns/load-patterns.js';

export interface RunningService {
  app: NestFastifyApplication;
  /** Where it listens: `http://127.0.0.1:3000`. */
  url: string;
  /** Where message patterns are served: `tcp://127.0.0.1:4000`; null when they are not. */
  patternsUrl: string | null;
  shutdown: ServiceShutdown;
}

/**
 * Makes the service and has it listen. It listens before its agents are there; `/health/ready` tells when they are.
 * @throws what stops the start: a bad pool, a port in use, a package that is not there.
 */
export async function startService(
  config: ServiceConfig,
  info: ServiceInfo,
  exit: (code: number) => void,
): Promise<RunningService> {
  const { http, microservice, shutdown, logLevel } = config;
  const patterns = microservice === undefined ? undefined : await loadPatterns(microservice);
  const app = await NestFactory.create<NestFastifyApplication>(
    AppModule.forRoot(config, info, {
      controllers: patterns === undefined ? [] : [patterns.controller],
      modules: config.driver === 'memory' ? [] : [await loadMaintenance()],
    }),
    await createFastifyAdapter(http),
    {
      logger: new ServiceLogger(logLevel),
      abortOnError: false,
    },
  );
  try {
    const httpDrain = new HttpDrain(app.getHttpAdapter().getInstance());
    const patternServer = patterns?.connect(app);
    await app.listen(http.port, http.host);
    await app.startAllMicroservices();
    followStart(app.get(AgentPool), app.get(Readiness));
    const serviceShutdown = new ServiceShutdown({ app, httpDrain, patternServer, exit, ...shutdown });
    limitAbandonedTasks(app, shutdown.maxAbandonedTasks, (abandoned) =>
      serviceShutdown.abandonedTooMany(abandoned),
    );
    return {
      app,
      url: await app.getUrl(),
      patternsUrl: patternServer?.url ?? null,
      shutdown: serviceShutdown,
    };
  } catch (error) {
    // What stopped the start is told, not what its clearing away met.
    await app.close().catch(() => undefined);
    throw error;
  }
}

/** The start is over when every pool has its quorum; one that does not come by it holds it up for its first attempts only. */
function followStart(pool: AgentPool, readiness: Readiness): void {
  const over = new AbortController();
  Promise.race([pool.whenReady(over.signal), pool.whenProvisioned(over.signal)])
    .then(
      () => readiness.started(),
      // Closed before the agents were there.
      () => undefined,
    )
    .finally(() => over.abort());
}
