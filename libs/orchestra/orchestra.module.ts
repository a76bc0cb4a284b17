import {
  Module,
  type DynamicModule,
  type InjectionToken,
  type ModuleMetadata,
  type OptionalFactoryDependency,
} from '@nestjs/common';
import { AgentPoolModule, type PoolDefinition } from '#agent-pool';
import { Clock, ClockModule, parseOptions } from '#core';
import { DispatchModule } from '#dispatch';
import { HttpClient, HttpClientModule } from '#http';
import { MetricsModule, type MetricsModuleOptions } from '#metrics';
import { QueueModule } from '#queue';
import { StateModule } from '#state';
import {
  orchestraOptionsSchema,
  type OrchestraOptions,
  type OrchestraOptionsInput,
} from './orchestra.options.js';
import { OrchestraMetrics } from './orchestra-metrics.js';
import { toPoolDefinition } from './pool-config.js';

export interface OrchestraModuleAsyncOptions extends Pick<ModuleMetadata, 'imports'> {
  inject?: (InjectionToken | OptionalFactoryDependency)[];
  useFactory: (...dependencies: never[]) => OrchestraOptionsInput | Promise<OrchestraOptionsInput>;
  /** Decides which controllers there are, so it cannot come from a factory. */
  metrics?: MetricsModuleOptions;
}

const OPTIONS = Symbol('nest-orchestra.options');

/** All of the house in one import: queue, state, pools, dispatch and metrics, set up to fit each other. */
@Module({})
export class OrchestraModule {
  static forRoot(options: OrchestraOptionsInput & { metrics?: MetricsModuleOptions } = {}): DynamicModule {
    const { metrics, ...rest } = options;
    return OrchestraModule.forRootAsync({ useFactory: () => rest, metrics });
  }

  static forRootAsync({
    imports = [],
    inject = [],
    useFactory,
    metrics,
  }: OrchestraModuleAsyncOptions): DynamicModule {
    const options: DynamicModule = {
      module: class OrchestraOptionsModule {},
      imports,
      providers: [
        {
          provide: OPTIONS,
          inject,
          useFactory: async (...dependencies: never[]): Promise<OrchestraOptions> =>
            parseOptions(
              orchestraOptionsSchema,
              await useFactory(...dependencies),
              'OrchestraModule options',
            ),
        },
      ],
      exports: [OPTIONS],
    };
    const from = <T>(pick: (options: OrchestraOptions) => T) => ({
      imports: [options],
      inject: [OPTIONS],
      useFactory: pick,
    });
    return {
      module: OrchestraModule,
      imports: [
        QueueModule.forRootAsync(from(({ driver }) => ({ driver }))),
        StateModule.forRootAsync(from(({ driver }) => ({ driver }))),
        HttpClientModule.forRootAsync(from(({ httpClient }) => httpClient)),
        AgentPoolModule.forRootAsync({
          imports: [options, ClockModule],
          inject: [OPTIONS, HttpClient, Clock],
          useFactory: ({ pools }: OrchestraOptions, client: HttpClient, clock: Clock) => ({
            pools: pools.map((pool): PoolDefinition =>
              'kind' in pool ? toPoolDefinition(pool, { client, clock }) : pool,
            ),
          }),
        }),
        DispatchModule.forRootAsync(from(({ dispatch }) => dispatch)),
        MetricsModule.forRoot(metrics),
      ],
      providers: [OrchestraMetrics],
    };
  }
}
