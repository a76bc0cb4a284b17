import { Injectable } from '@nestjs/common';
import { AgentPool } from '#agent-pool';
import { WorkflowDispatcher } from '#dispatch';
import { MetricsService } from '#metrics';

/** Gauges over what dispatcher and pools say of themselves, read at scrape time. */
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
  }
}
