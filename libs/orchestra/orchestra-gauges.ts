import { Injectable } from '@nestjs/common';
import { AgentPool, POOL_HEALTHS, type PoolSnapshot } from '#agent-pool';
import { BREAKER_STATES } from '#core';
import { WorkflowDispatcher } from '#dispatch';
import { MetricsService, type GaugeSample } from '#metrics';

/** What dispatcher and pools say of themselves, read at scrape time. Capabilities are names of the configuration. */
@Injectable()
export class OrchestraGauges {
  constructor(metrics: MetricsService, dispatcher: WorkflowDispatcher, pool: AgentPool) {
    metrics.gauge(
      { name: 'orchestra_executions_waiting', help: 'Executions accepted and not yet started.' },
      async () => [{ labels: {}, value: (await dispatcher.status()).waiting }],
    );
    metrics.gauge(
      { name: 'orchestra_executions_running', help: 'Executions this process runs now.' },
      async () => [{ labels: {}, value: (await dispatcher.status()).running }],
    );
    metrics.gauge(
      { name: 'orchestra_agents', help: 'Agents, by capability and state.', labels: ['capability', 'state'] },
      () =>
        pool
          .pools()
          .flatMap(({ capability, agents }) =>
            Object.entries(agents).map(([state, value]) => ({ labels: { capability, state }, value })),
          ),
    );
    metrics.gauge(
      {
        name: 'orchestra_leases_waiting',
        help: 'Tasks waiting for an agent, by capability.',
        labels: ['capability'],
      },
      () => pool.pools().map(({ capability, leases }) => ({ labels: { capability }, value: leases.waiting })),
    );
    metrics.gauge(
      {
        name: 'orchestra_leases_active',
        help: 'Tasks that agents run now, by capability.',
        labels: ['capability'],
      },
      () => pool.pools().map(({ capability, leases }) => ({ labels: { capability }, value: leases.active })),
    );
    metrics.gauge(
      {
        name: 'orchestra_pool_health',
        help: '1 for the health that a pool has, 0 for the others.',
        labels: ['capability', 'health'],
      },
      () =>
        pool.pools().flatMap(({ capability, health }) =>
          POOL_HEALTHS.map((each) => ({
            labels: { capability, health: each },
            value: Number(each === health),
          })),
        ),
    );
    metrics.gauge(
      {
        name: 'orchestra_pool_breaker',
        help: '1 for the state that the breaker of a pool is in, 0 for the others; nothing for a pool without one.',
        labels: ['capability', 'state'],
      },
      () => pool.pools().flatMap(breakerSamples),
    );
    metrics.readCounter(
      {
        name: 'orchestra_leases_refused_total',
        help: 'Tasks that a pool refused, by capability and code.',
        labels: ['capability', 'code'],
      },
      () =>
        pool
          .pools()
          .flatMap(({ capability, refusals }) =>
            Object.entries(refusals).map(([code, value]) => ({ labels: { capability, code }, value })),
          ),
    );
  }
}

function breakerSamples({ capability, breaker }: PoolSnapshot): GaugeSample<'capability' | 'state'>[] {
  if (breaker === null) return [];
  return BREAKER_STATES.map((state) => ({ labels: { capability, state }, value: Number(state === breaker) }));
}
