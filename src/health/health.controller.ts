import { Controller, Get } from '@nestjs/common';
import { HealthCheck, HealthCheckService, type HealthCheckResult } from '@nestjs/terminus';
import { Public } from '../auth/scope.decorators.js';
import { Operation } from '../openapi/operation.js';
import { BackendHealth } from './backend.health.js';
import { DispatchHealth } from './dispatch.health.js';
import { getDetailedHealth, getHealth, getLiveness, getReadiness, getStartup } from './health.operations.js';
import { PoolsHealth } from './pools.health.js';
import { ReadinessHealth } from './readiness.health.js';

/** Health for machines: `live` depends on nothing, `ready` on what accepting work needs, `detailed` shows it all. */
@Public()
@Controller('health')
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly readiness: ReadinessHealth,
    private readonly backends: BackendHealth,
    private readonly pools: PoolsHealth,
    private readonly dispatch: DispatchHealth,
  ) {}

  @Get()
  @Operation(getHealth)
  @HealthCheck()
  check(): Promise<HealthCheckResult> {
    return this.detailed();
  }

  /** Whether the process answers at all. */
  @Get('live')
  @Operation(getLiveness)
  @HealthCheck()
  live(): Promise<HealthCheckResult> {
    return this.health.check([]);
  }

  /** Whether work should be sent here: not while starting, draining, without the backends of queue and state, or a pool's quorum. */
  @Get('ready')
  @Operation(getReadiness)
  @HealthCheck()
  ready(): Promise<HealthCheckResult> {
    return this.health.check([
      () => this.readiness.check(),
      () => this.backends.checkQueue(),
      () => this.backends.checkState(),
      () => this.pools.checkQuorum(),
    ]);
  }

  /**
   * Whether the start is over: every pool had its quorum once, or the first attempt of every agent has ended. A quorum
   * that is never reached makes it unready, and is no reason to start the process anew.
   */
  @Get('startup')
  @Operation(getStartup)
  @HealthCheck()
  startup(): Promise<HealthCheckResult> {
    return this.health.check([() => this.readiness.checkStarted()]);
  }

  @Get('detailed')
  @Operation(getDetailedHealth)
  @HealthCheck()
  detailed(): Promise<HealthCheckResult> {
    return this.health.check([
      () => this.readiness.check(),
      () => this.backends.checkQueue(),
      () => this.backends.checkState(),
      () => this.dispatch.check(),
      () => this.pools.check(),
    ]);
  }
}
