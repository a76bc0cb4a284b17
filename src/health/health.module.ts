import { Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { BackendHealth } from './backend.health.js';
import { DispatchHealth } from './dispatch.health.js';
import { HealthController } from './health.controller.js';
import { PoolsHealth } from './pools.health.js';
import { ReadinessHealth } from './readiness.health.js';

@Module({
  // A probe that is answered with 503 is no error of ours; while starting and draining each one would be logged as one.
  imports: [TerminusModule.forRoot({ logger: false })],
  controllers: [HealthController],
  providers: [ReadinessHealth, BackendHealth, PoolsHealth, DispatchHealth],
})
export class HealthModule {}
