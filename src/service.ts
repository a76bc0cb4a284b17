import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { AgentPool } from '#agent-pool';
import { HttpDrain, createFastifyAdapter } from '#http';
import { AppModule } from './app.module.js';
import type { ServiceConfig } from './config/config.schema.js';
import type { ServiceInfo } from './info/service-info.js';
import { Readiness } from './lifecycle/readiness.js';
import { ServiceLogger } from './lifecycle/service-logger.js';
import { ServiceShutdown } from './lifecycle/service-shutdown.js';

export interface RunningService {
  app: NestFastifyApplication;
  /** Where it listens: `http://127.0.0.1:3000`. */
  url: string;
  shutdown: ServiceShutdown;
}

/**
 * Makes the service and has it listen. It listens before its agents are there; `/health/ready` tells when they are.
 * @throws what stops the start: a bad pool, a port in use.
 */
export async function startService(
  config: ServiceConfig,
  info: ServiceInfo,
  exit: (code: number) => void,
): Promise<RunningService> {
  const { http, shutdown, logLevel } = config;
  const app = await NestFactory.create<NestFastifyApplication>(
    AppModule.forRoot(config, info),
    createFastifyAdapter(http),
    {
      logger: new ServiceLogger(logLevel),
      abortOnError: false,
    },
  );
  try {
    const httpDrain = new HttpDrain(app.getHttpAdapter().getInstance());
    await app.listen(http.port, http.host);
    const readiness = app.get(Readiness);
    app
      .get(AgentPool)
      .whenProvisioned()
      .then(
        () => readiness.started(),
        // Closed before the agents were there.
        () => undefined,
      );
    return {
      app,
      url: await app.getUrl(),
      shutdown: new ServiceShutdown({ app, httpDrain, exit, ...shutdown }),
    };
  } catch (error) {
    // What stopped the start is told, not what its clearing away met.
    await app.close().catch(() => undefined);
    throw error;
  }
}
