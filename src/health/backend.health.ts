import { Injectable } from '@nestjs/common';
import { HealthIndicatorService, type HealthIndicatorResult } from '@nestjs/terminus';
import { QueueDriver } from '#queue';
import { StateStore } from '#state';

/** Longest wait for a backend to answer. */
const PING_TIMEOUT_MS = 1_000;

/** What keeps queue and state, each asked over the connections that its work goes over. Never cached. */
@Injectable()
export class BackendHealth {
  constructor(
    private readonly indicators: HealthIndicatorService,
    private readonly driver: QueueDriver,
    private readonly store: StateStore,
  ) {}

  /** Down as well while a consumer cannot take jobs. */
  checkQueue(): Promise<HealthIndicatorResult> {
    return this.#check('queue', this.driver);
  }

  checkState(): Promise<HealthIndicatorResult> {
    return this.#check('state', this.store);
  }

  async #check(name: string, backend: QueueDriver | StateStore): Promise<HealthIndicatorResult> {
    return this.indicators
      .check(name)
      .attempt(async ({ signal }) => {
        await backend.ping(signal);
        return { durable: backend.durable };
      })
      .withTimeout(PING_TIMEOUT_MS);
  }
}
