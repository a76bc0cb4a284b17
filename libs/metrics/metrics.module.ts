import { Module, type DynamicModule, type Type } from '@nestjs/common';
import { PrometheusModule } from '@willsoto/nestjs-prometheus';
import { EventsModule } from '#events';
import { ExecutionMetrics } from './execution-metrics.js';
import { MetricsController } from './metrics.controller.js';
import { MetricsRegistryModule } from './metrics-registry.module.js';

export interface MetricsModuleOptions {
  /** Where the metrics are served. Default `/metrics`. */
  path?: string;
  /** A controller of your own, to guard the route, say; it extends `MetricsController`. */
  controller?: Type<MetricsController>;
}

/** Prometheus metrics of everything that publishes events. */
@Module({})
export class MetricsModule {
  static forRoot({
    path = '/metrics',
    controller = MetricsController,
  }: MetricsModuleOptions = {}): DynamicModule {
    // A dynamic module, to be another one than that of another `forRoot`.
    const registry: DynamicModule = { module: MetricsRegistryModule };
    const route = PrometheusModule.register({
      path,
      // It writes the path on the class: one of our own, for another application may serve another path.
      controller: class extends controller {},
      // Its own would go to prom-client's global registry, which two applications share.
      defaultMetrics: { enabled: false },
    });
    return {
      module: MetricsModule,
      global: true,
      imports: [registry, { ...route, imports: [registry] }, EventsModule],
      providers: [ExecutionMetrics],
      exports: [MetricsRegistryModule],
    };
  }
}
