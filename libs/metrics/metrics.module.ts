import { Module, type DynamicModule, type Type } from '@nestjs/common';
import { PrometheusModule } from '@willsoto/nestjs-prometheus';
import { EventsModule } from '#events';
import { ExecutionMetrics } from './execution-metrics.js';
import { MetricsController } from './metrics.controller.js';
import { MetricsService } from './metrics.service.js';

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
    return {
      module: MetricsModule,
      global: true,
      imports: [
        EventsModule,
        // Its own default metrics would go to prom-client's global registry, which two applications share.
        PrometheusModule.register({
          path,
          // It writes the path on the class: one of our own, for another application may serve another path.
          controller: class extends controller {},
          defaultMetrics: { enabled: false },
        }),
      ],
      providers: [MetricsService, ExecutionMetrics],
      exports: [MetricsService],
    };
  }
}
