import { Injectable } from '@nestjs/common';
import { HealthIndicatorService, type HealthIndicatorResult } from '@nestjs/terminus';
import { AgentPool } from '#agent-pool';

/** Pools by capability. A pool without agents makes its own workflows wait, not the service unready: `degraded`. */
@Injectable()
export class PoolsHealth {
  constructor(
    private readonly indicators: HealthIndicatorService,
    private readonly pool: AgentPool,
  ) {}

  check(): HealthIndicatorResult {
    const pools = this.pool.pools();
    const details = Object.fromEntries(
      pools.map(({ capability, health, agents, performance }) => [
        capability,
        { health, agents, tasksAbandoned: performance.abandoned },
      ]),
    );
    const session = this.indicators.check('pools');
    return pools.every(({ health }) => health === 'healthy')
      ? session.up({ details })
      : session.degraded({ details });
  }
}
