import { Module } from '@nestjs/common';
import { MetricsService } from './metrics.service.js';

/** One registry, for those who write to it and the route that shows it. */
@Module({ providers: [MetricsService], exports: [MetricsService] })
export class MetricsRegistryModule {}
