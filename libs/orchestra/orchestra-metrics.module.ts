import { Module, type DynamicModule } from '@nestjs/common';
import { loadPeer } from '#core';
import type { MetricsModuleOptions } from '#metrics';

/** The metrics of one orchestra. */
@Module({})
export class OrchestraMetricsModule {
  /**
   * Loads the peer dependencies of `nest-orchestra/metrics`: who sets `metrics: false` need not install them.
   *
   * @param needs modules that export the dispatcher, the pools and the events that are measured.
   * @throws {MissingPeerError}
   */
  static async load(
    options: MetricsModuleOptions,
    needs: NonNullable<DynamicModule['imports']>,
  ): Promise<DynamicModule> {
    const [{ MetricsModule }, { OrchestraGauges }] = await loadPeer(
      ['prom-client', '@willsoto/nestjs-prometheus'],
      () => Promise.all([import('#metrics'), import('./orchestra-gauges.js')]),
    );
    const metrics = MetricsModule.forRoot(options);
    return {
      module: OrchestraMetricsModule,
      global: true,
      imports: [{ ...metrics, imports: [...needs, ...(metrics.imports ?? [])] }, ...needs],
      providers: [OrchestraGauges],
      exports: [MetricsModule],
    };
  }
}
