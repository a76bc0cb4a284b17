import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { AbortedError, Clock } from '#core';
import { WorkflowDispatcher } from '#dispatch';

const INTERVAL_MS = 30_000;

/** Instances that were started together do not look together. */
const MAX_JITTER_MS = 5_000;

/** Has the dispatcher repaired, and old executions forgotten, also while none is submitted and none ends. */
@Injectable()
export class MaintenanceService implements OnModuleDestroy {
  readonly #stopping = new AbortController();

  constructor(
    private readonly dispatcher: WorkflowDispatcher,
    private readonly clock: Clock,
  ) {}

  @Interval('orchestra.maintenance', INTERVAL_MS)
  async run(): Promise<void> {
    const { signal } = this.#stopping;
    try {
      await this.clock.sleep(Math.random() * MAX_JITTER_MS, { signal });
    } catch {
      // Stopped: what is there to do is done by others, or at the next start.
      return;
    }
    await this.dispatcher.maintain();
  }

  onModuleDestroy(): void {
    this.#stopping.abort(new AbortedError('shutdown', 'the service is closing'));
  }
}
