import { Injectable } from '@nestjs/common';
import { HealthIndicatorService, type HealthIndicatorResult } from '@nestjs/terminus';
import { QueueDriver } from '#queue';

/** Longest wait for the queue's backend to answer. */
const PING_TIMEOUT_MS = 1_000;

@Injectable()
export class QueueHealth {
  constructor(
    private readonly indicators: HealthIndicatorService,
    private readonly driver: QueueDriver,
  ) {}

  async check(): Promise<HealthIndicatorResult> {
    return this.indicators
      .check('queue')
      .attempt(async ({ signal }) => {
        await this.driver.ping(signal);
        return { durable: this.driver.durable };
      })
      .withTimeout(PING_TIMEOUT_MS);
  }
}
