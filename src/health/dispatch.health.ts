import { Injectable } from '@nestjs/common';
import { HealthIndicatorService, type HealthIndicatorResult } from '@nestjs/terminus';
import { AgentPool } from '#agent-pool';
import { WorkflowDispatcher } from '#dispatch';

/** Longest wait for the queue to be counted. */
const STATUS_TIMEOUT_MS = 1_000;

@Injectable()
export class DispatchHealth {
  constructor(
    private readonly indicators: HealthIndicatorService,
    private readonly dispatcher: WorkflowDispatcher,
    private readonly pool: AgentPool,
  ) {}

  async check(): Promise<HealthIndicatorResult> {
    return this.indicators
      .check('dispatch')
      .attempt(async () => {
        const { accepting, running, waiting } = await this.dispatcher.status();
        return { accepting, running, waiting, tasksAbandoned: this.pool.abandonedTasks };
      })
      .withTimeout(STATUS_TIMEOUT_MS);
  }
}
