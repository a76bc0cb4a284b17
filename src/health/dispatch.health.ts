import { Injectable } from '@nestjs/common';
import { HealthIndicatorService, type HealthIndicatorResult } from '@nestjs/terminus';
import { AgentPool } from '#agent-pool';
import { WorkflowDispatcher } from '#dispatch';

@Injectable()
export class DispatchHealth {
  constructor(
    private readonly indicators: HealthIndicatorService,
    private readonly dispatcher: WorkflowDispatcher,
    private readonly pool: AgentPool,
  ) {}

  async check(): Promise<HealthIndicatorResult> {
    const { accepting, running, waiting } = await this.dispatcher.status();
    const tasksAbandoned = this.pool.abandonedTasks;
    return this.indicators.check('dispatch').up({ accepting, running, waiting, tasksAbandoned });
  }
}
