import { Inject, Injectable, Logger } from '@nestjs/common';
import { BackendUnavailableError, Clock } from '#core';
import { OrchestraEvents } from '#events';
import { StateStore } from '#state';
import type { DispatchOptions } from './dispatch.options.js';
import { DISPATCH_OPTIONS } from './dispatch.tokens.js';
import { ExecutionQueue } from './execution-queue.js';
import { listingIndex } from './execution/execution-indexes.js';
import { ExecutionStore, type StoredSummary } from './execution/execution-store.js';
import { isFinished, type ExecutionStatus } from './execution/execution.js';

/** Whoever submitted a younger one is between store and queue, and will add its job. */
const DEFAULT_AGE_MS = 30_000;

/** Executions looked at by one repair, of each status; the next one goes on behind them. */
const MAX_LOOKED_AT = 1_000;

/** Executions looked at together. */
const PAGE = 100;

const UNFINISHED = ['pending', 'running'] as const satisfies readonly ExecutionStatus[];

export interface RepairOptions {
  /** Executions submitted later are left alone. Default 30,000. */
  olderThanMs?: number;
}

export interface RepairReport {
  /** Executions that were looked at. */
  checked: number;
  /** Executions that had no job, and have one now. */
  requeued: number;
}

/**
 * Finds executions that are not finished and have no job: whoever accepted them died, or lost its backend, between store
 * and queue; or their job failed for good while nothing could be written. Each gets its job again, and an event says so.
 */
@Injectable()
export class ExecutionRepair {
  readonly #logger = new Logger(ExecutionRepair.name);
  /** Where the next repair goes on, by status. */
  readonly #cursors: Partial<Record<ExecutionStatus, string>> = {};
  #running: Promise<RepairReport> | undefined;
  #stopped = false;

  constructor(
    private readonly executions: ExecutionStore,
    private readonly queue: ExecutionQueue,
    private readonly state: StateStore,
    private readonly events: OrchestraEvents,
    private readonly clock: Clock,
    @Inject(DISPATCH_OPTIONS) private readonly options: DispatchOptions,
  ) {}

  /** Calls while one is under way are that one. Never throws. Nothing is looked at where that is left to others. */
  run({ olderThanMs = DEFAULT_AGE_MS }: RepairOptions): Promise<RepairReport> {
    if (!this.options.consume) return Promise.resolve({ checked: 0, requeued: 0 });
    this.#running ??= this.#run(olderThanMs).finally(() => (this.#running = undefined));
    return this.#running;
  }

  /** The one under way ends with the page that it is at; nothing is repaired any more. */
  stop(): void {
    this.#stopped = true;
  }

  async #run(olderThanMs: number): Promise<RepairReport> {
    const report: RepairReport = { checked: 0, requeued: 0 };
    try {
      for (const status of UNFINISHED) await this.#repair(status, olderThanMs, report);
    } catch (error) {
      const expected = this.#stopped || error instanceof BackendUnavailableError;
      if (!expected) this.#logger.error('could not look for executions without a job', error);
    }
    return report;
  }

  async #repair(status: ExecutionStatus, olderThanMs: number, report: RepairReport): Promise<void> {
    const before = this.clock.now() - olderThanMs;
    for (let looked = 0; looked < MAX_LOOKED_AT && !this.#stopped; looked += PAGE) {
      const page = await this.state.list(listingIndex({ status }), {
        order: 'asc',
        limit: PAGE,
        cursor: this.#cursors[status],
      });
      const due = page.items.filter(({ score }) => score <= before);
      const requeued = await Promise.all(due.map(({ member }) => this.#look(member, status)));
      report.checked += due.length;
      report.requeued += requeued.filter(Boolean).length;
      const isLast = page.nextCursor === null || due.length < page.items.length;
      this.#cursors[status] = isLast ? undefined : (page.nextCursor ?? undefined);
      if (isLast) return;
    }
  }

  /** @returns whether it had no job. */
  async #look(executionId: string, status: ExecutionStatus): Promise<boolean> {
    const found = await this.executions.findSummary(executionId);
    if (found === undefined) return false;
    if (!isFinished(found.state.status)) return this.#requeue(found);
    // It has ended since it was listed; or its listing was written by another worker that held the same claim, as two may
    // after a failover to a replica that had not heard of the first.
    await this.executions.unlist(found.facts, status);
    return false;
  }

  /** @returns whether it had no job. */
  async #requeue(found: StoredSummary): Promise<boolean> {
    const { executionId } = found.facts;
    if (await this.queue.has(executionId, found.state.run)) return false;
    // A job goes after its execution has finished: what was seen before may have been its last moment.
    const still = await this.#unfinished(executionId);
    if (still === undefined || still.state.run !== found.state.run) return false;
    const { facts, state } = still;
    await this.queue.add(facts, state.run);
    const { workflowId } = facts;
    const status = state.status === 'pending' ? 'pending' : 'running';
    this.#logger.warn(`execution ${executionId} was ${status} without a job: it has one again`);
    this.events.publish('queue.repaired', { executionId, workflowId, status });
    return true;
  }

  async #unfinished(executionId: string): Promise<StoredSummary | undefined> {
    const summary = await this.executions.findSummary(executionId);
    return summary === undefined || isFinished(summary.state.status) ? undefined : summary;
  }
}
