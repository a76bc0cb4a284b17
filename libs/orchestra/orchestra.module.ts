import { Module, type ConfigurableModuleAsyncOptions, type DynamicModule } from '@nestjs/common';
import { AgentPoolModule, type PoolDefinition } from '#agent-pool';
import { Clock, ClockModule, ValidationError } from '#core';
import { DispatchModule, EXECUTIONS_QUEUE } from '#dispatch';
import { HttpClient, HttpClientModule } from '#http';
import type { MetricsModuleOptions } from '#metrics';
import { QueueModule } from '#queue';
import { SchedulesModule } from '#schedules';
import { StateModule } from '#state';
import { OrchestraRedisModule } from './orchestra-redis.module.js';
import { OrchestraMetricsModule } from './orchestra-metrics.module.js';
import {
  ORCHESTRA_OPTIONS,
  OrchestraOptionsModule,
  type OrchestraDriver,
  type OrchestraOptions,
  type OrchestraOptionsInput,
} from './orchestra.options.js';
import { OrchestraScopeModule } from './orchestra-scope.module.js';
import { toPoolDefinition } from './pool-config.js';

/** What decides which modules there are, so that it cannot come from a factory. */
export interface OrchestraModuleExtras {
  /** False: none, and neither `prom-client` nor `@willsoto/nestjs-prometheus` is needed. Default: on, at `/metrics`. */
  metrics?: MetricsModuleOptions | false;
  /** Where time comes from. Default: the system; a test gives a `ManualClock`. */
  clock?: Clock;
  /** Where queue and state live: `memory`, the default, or `bullmq`. */
  driver?: OrchestraDriver;
}

export type OrchestraModuleOptions = OrchestraOptionsInput & OrchestraModuleExtras;
export type OrchestraModuleAsyncOptions = ConfigurableModuleAsyncOptions<
  Omit<OrchestraOptionsInput, 'driver'>
> &
  OrchestraModuleExtras;

/**
 * All of the house in one import: queue, state, pools, dispatch, schedules and metrics, set up to fit each other.
 *
 * Its providers are there for the whole application, and every `@Agent()` is one of its pools. An application may have
 * several: then each is for the modules that import it, and for nobody else; the application refuses to start when a
 * module that imports none injects a part of one or has an agent.
 */
@Module({})
export class OrchestraModule {
  static forRoot({ metrics, clock, ...options }: OrchestraModuleOptions = {}): DynamicModule {
    return compose(OrchestraOptionsModule.forRoot(options), { metrics, clock, driver: options.driver });
  }

  /** The options from `useFactory`, or from the method `create` of what `useClass` or `useExisting` names. */
  static forRootAsync({ metrics, clock, driver, ...options }: OrchestraModuleAsyncOptions): DynamicModule {
    return compose(OrchestraOptionsModule.forRootAsync(options), { metrics, clock, driver });
  }
}

/** Each part imports the parts it needs: they come before those of another orchestra, which are global too. */
function compose(
  options: DynamicModule,
  { metrics = {}, clock, driver = 'memory' }: OrchestraModuleExtras,
): DynamicModule {
  const scope = OrchestraScopeModule.forOne(OrchestraModule);
  const base = [options, scope, clock === undefined ? ClockModule : clockModule(clock)];
  const from = <T>(pick: (options: OrchestraOptions) => T) => ({
    imports: base,
    inject: [ORCHESTRA_OPTIONS],
    useFactory: pick,
  });

  const connection = driver === 'bullmq' ? [OrchestraRedisModule.forOne(base)] : [];
  const queue = QueueModule.forRootAsync({
    // An application that has BullMQ of its own finds the queue there, and so does a dashboard.
    registered: driver === 'bullmq' ? [EXECUTIONS_QUEUE] : [],
    ...from((resolved) => {
      if (resolved.driver !== 'memory' && resolved.driver !== driver) throw namedTooLate();
      const { lockDurationMs, stalledIntervalMs } = resolved.dispatch;
      return driver === 'memory'
        ? { driver }
        : { driver, redis: resolved.redis, lockDurationMs, stalledIntervalMs };
    }),
    imports: [...base, ...connection],
  });
  const state = StateModule.forRootAsync({
    ...from(({ redis }) => (driver === 'memory' ? { driver } : { driver, redis })),
    imports: [...base, ...connection],
  });
  const client = HttpClientModule.forRootAsync(from(({ httpClient }) => httpClient));
  const pools = AgentPoolModule.forRootAsync({
    imports: [...base, client],
    inject: [ORCHESTRA_OPTIONS, HttpClient, Clock],
    useFactory: (resolved: OrchestraOptions, httpClient: HttpClient, ownClock: Clock) => ({
      pools: resolved.pools.map((pool): PoolDefinition =>
        'kind' in pool ? toPoolDefinition(pool, { client: httpClient, clock: ownClock }) : pool,
      ),
    }),
  });
  const dispatch = DispatchModule.forRootAsync({
    ...from((resolved) => resolved.dispatch),
    imports: [...base, queue, state, pools],
  });
  const schedules = SchedulesModule.forRootAsync({
    ...from((resolved) => resolved.schedules),
    imports: [...base, queue, state, dispatch],
  });
  const parts = [scope, queue, state, client, pools, dispatch, schedules];
  return {
    module: OrchestraModule,
    imports: metrics === false ? parts : [...parts, loadMetrics(metrics, parts)],
    exports: [...parts.map(({ module }) => module), ...(metrics === false ? [] : [OrchestraMetricsModule])],
  };
}

/** Memory in place of the driver that was meant would lose what is accepted. */
function namedTooLate(): ValidationError {
  return new ValidationError('OrchestraModule options', [
    { path: 'driver', message: 'must stand beside `useFactory`: it decides which modules there are' },
  ]);
}

function loadMetrics(options: MetricsModuleOptions, parts: DynamicModule[]): Promise<DynamicModule> {
  const loading = OrchestraMetricsModule.load(options, parts);
  // Nest awaits it when the application is created, which may be later, or never.
  loading.catch(() => undefined);
  return loading;
}

function clockModule(clock: Clock): DynamicModule {
  return {
    module: class OrchestraClockModule {},
    providers: [{ provide: Clock, useValue: clock }],
    exports: [Clock],
  };
}
