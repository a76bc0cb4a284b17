import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { AbortedError, Clock, messageOf } from '#core';
import { WorkflowDispatcher } from '#dispatch';
import { WorkflowSchedules } from '#schedules';

const INTERVAL_MS = 30_000;

/** Instances that were started together do not look together. */
const MAX_JITTER_MS = 5_000;

/**
 * Has the dispatcher and the schedules repair what a crash left behind, and old executions forgotten, also while none is
 * submitted and none ends.
 */
@Injectable()
export class MaintenanceService implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #logger = new Logger('Maintenance');
  readonly #stopping = new AbortController();

  constructor(
    private readonly dispatcher: WorkflowDispatcher,
    private readonly schedules: WorkflowSchedules,
    private readonly clock: Clock,
  ) {}

  /** The dispatcher looks at its start by itself. */
  onApplicationBootstrap(): void {
    void this.#repairSchedules();
  }

  @Interval('orchestra.maintenance', INTERVAL_MS)
  async run(): Promise<void> {
    const { signal } = this.#stopping;
    try {
      await this.clock.sleep(Math.random() * MAX_JITTER_MS, { signal });
    } catch {
      // Stopped: what is there to do is done by others, or at the next start.
      return;
    }
    await Promise.all([this.dispatcher.maintain(), this.#repairSchedules()]);
  }

  onModuleDestroy(): void {
    this.#stopping.abort(new AbortedError('shutdown', 'the service is closing'));
  }

  async #repairSchedules(): Promise<void> {
    const { signal } = this.#stopping;
    try {
      await this.schedules.repair({ signal });
    } catch (error) {
      if (!signal.aborted) this.#logger.warn(`schedules could not be looked at: ${messageOf(error)}`);
    }
  }
}
