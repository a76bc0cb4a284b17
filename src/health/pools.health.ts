import { Injectable } from '@nestjs/common';
import { HealthIndicatorService, type HealthIndicatorResult } from '@nestjs/terminus';
import { AgentPool, type PoolSnapshot } from '#agent-pool';

/**
 * Pools by capability. One that is in trouble, or drained, makes its own workflows wait or fail, not the service unready:
 * `degraded`. One that lacks the quorum that its `readyWhen` asks for does: `down`.
 */
@Injectable()
export class PoolsHealth {
  constructor(
    private readonly indicators: HealthIndicatorService,
    private readonly pool: AgentPool,
  ) {}

  check(): HealthIndicatorResult {
    const pools = this.pool.pools();
    const details = Object.fromEntries(
      pools.map(({ capability, state, health, agents, quorum, breaker, retryAfterMs, performance }) => [
        capability,
        { state, health, agents, quorum, breaker, retryAfterMs, tasksAbandoned: performance.abandoned },
      ]),
    );
    const session = this.indicators.check('pools');
    if (!pools.every(hasQuorum)) return session.down({ details });
    return pools.every(({ state, health }) => state === 'running' && health === 'healthy')
      ? session.up({ details })
      : session.degraded({ details });
  }

  /** Whether each pool has its quorum; names those that lack it. */
  checkQuorum(): HealthIndicatorResult {
    const lacking = this.pool.pools().filter((pool) => !hasQuorum(pool));
    const session = this.indicators.check('pools');
    if (lacking.length === 0) return session.up();
    const details = lacking.map(
      ({ capability, quorum, agents }) => [capability, { ...quorum, agents }] as const,
    );
    return session.down({ details: Object.fromEntries(details) });
  }
}

function hasQuorum({ quorum }: PoolSnapshot): boolean {
  return quorum.usable >= quorum.required;
}
