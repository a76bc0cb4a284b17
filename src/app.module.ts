import { Module, type DynamicModule, type Type } from '@nestjs/common';
import { OrchestraModule } from '#orchestra';
import { AgentsController } from './agents/agents.controller.js';
import { PoolsController } from './agents/pools.controller.js';
import { AuthModule } from './auth/auth.module.js';
import type { ServiceConfig } from './config/config.schema.js';
import { DocsModule } from './docs/docs.module.js';
import { EventStreamsModule } from './events/event-streams.module.js';
import { ExecutionsController } from './executions/executions.controller.js';
import { HealthModule } from './health/health.module.js';
import { InfoController } from './info/info.controller.js';
import { SERVICE_INFO, type ServiceInfo } from './info/service-info.js';
import { LifecycleModule } from './lifecycle/lifecycle.module.js';
import { metricsController } from './metrics/metrics.controllers.js';
import { OpenApiModule } from './openapi/openapi.module.js';
import { ProblemsModule } from './problems/problems.module.js';
import { SchedulesController } from './schedules/schedules.controller.js';

/** Parts of the service that are loaded only where they are configured. */
export interface ConfiguredParts {
  controllers?: readonly Type[];
  modules?: readonly Type[];
}

/** The microservice: the house of `OrchestraModule` and one folder a surface. */
@Module({})
export class AppModule {
  /** @param more what there is because the configuration asks for it. */
  static forRoot(config: ServiceConfig, info: ServiceInfo, more: ConfiguredParts = {}): DynamicModule {
    const { driver, redis, dispatch, schedules, pools, shutdown, auth, events } = config;
    return {
      module: AppModule,
      imports: [
        ProblemsModule,
        LifecycleModule,
        AuthModule.forRoot(auth),
        OrchestraModule.forRoot({
          driver,
          redis,
          pools,
          dispatch: { ...dispatch, gracePeriodMs: shutdown.gracePeriodMs },
          schedules,
          metrics: { controller: metricsController(auth) },
        }),
        EventStreamsModule.forRoot(events),
        HealthModule,
        OpenApiModule.forRoot({ info, secured: auth !== undefined }),
        DocsModule,
        ...(more.modules ?? []),
      ],
      controllers: [
        ExecutionsController,
        SchedulesController,
        AgentsController,
        PoolsController,
        InfoController,
        ...(more.controllers ?? []),
      ],
      providers: [{ provide: SERVICE_INFO, useValue: info }],
    };
  }
}
