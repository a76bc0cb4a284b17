import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { AgentPool } from '#agent-pool';
import { Clock, type Page, type Problem } from '#core';
import { QueueDriver } from '#queue';
import { DispatchError } from './dispatch.errors.js';
import type { DispatchOptions } from './dispatch.options.js';
import { DISPATCH_OPTIONS } from './dispatch.tokens.js';
import { Drain, type DrainReport } from './drain.js';
import type { ExecutionHandle, ReadEventsOptions } from './execution-handle.js';
import { ExecutionQueue } from './execution-queue.js';
import { ExecutionRepair, type RepairOptions, type RepairReport } from './execution-repair.js';
import { ExecutionWatch, type WaitOptions } from './execution-watch.js';
import type { ExecutionEvent } from './execution/execution-event.js';
import { ExecutionRetention } from './execution/execution-retention.js';
import { ExecutionStore, type ListExecutionsOptions } from './execution/execution-store.js';
import { isFinished, type Execution, type ExecutionSummary } from './execution/execution.js';
import { toExecution, toSummary } from './execution/stored-execution.js';
import type { SubmitOptions } from './submit-request.js';
import { Submitter } from './submitter.js';

export interface DispatcherStatus {
  accepting: boolean;
  running: number;
  waiting: number;
}

/** The door to executions: submit, get, wait, cancel, retry, list, follow. */
@Injectable()
export class WorkflowDispatcher implements OnApplicationBootstrap, BeforeApplicationShutdown {
  #drain: Drain | undefined;

  constructor(
    private readonly executions: ExecutionStore,
    private readonly queue: ExecutionQueue,
    private readonly watch: ExecutionWatch,
    private readonly submitter: Submitter,
    private readonly pool: AgentPool,
    private readonly clock: Clock,
    private readonly driver: QueueDriver,
    private readonly repair: ExecutionRepair,
    private readonly retention: ExecutionRetention,
    @Inject(DISPATCH_OPTIONS) private readonly options: DispatchOptions,
  ) {
    queue.onEnded(() => this.#drain?.jobGone());
  }

  onApplicationBootstrap(): void {
    if (!this.submitter.intake.isOpen) return;
    this.queue.start();
    // What a process before this one left behind waits for nobody's timer.
    if (this.driver.durable) void this.maintain({ olderThanMs: 0 });
  }

  /** What follows in a shutdown takes away what executions need, so they end here. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.drain();
  }

  /**
   * Accepts a workflow for execution: once this resolves, the execution is on record and will run.
   *
   * @throws {ValidationError} with every problem of the workflow and the options; {QueueError} `QUEUE_FULL`;
   *   {DispatchError} `IDEMPOTENCY_KEY_REUSED`, `SHUTTING_DOWN`.
   */
  async submit(workflow: unknown, options: SubmitOptions = {}): Promise<ExecutionHandle> {
    return this.#handleOf(await this.submitter.submit(workflow, options));
  }

  /**
   * Every problem of a workflow document, none when it would be accepted. Paths start with `workflow`.
   * @throws {QueueError} `QUEUE_FULL`; {DispatchError} `SHUTTING_DOWN`.
   */
  validate(workflow: unknown): Promise<readonly Problem[]> {
    return this.submitter.validate(workflow);
  }

  /** @throws {DispatchError} `EXECUTION_NOT_FOUND`. */
  async get(executionId: string): Promise<Execution> {
    return toExecution(await this.executions.load(executionId));
  }

  /** The handle of an execution submitted earlier. @throws {DispatchError} `EXECUTION_NOT_FOUND`. */
  async handle(executionId: string): Promise<ExecutionHandle> {
    await this.executions.loadSummary(executionId);
    return this.#handleOf(executionId);
  }

  /**
   * The execution as soon as it has finished, or as it is when the wait is over (or the dispatcher closes).
   * @throws {DispatchError} `EXECUTION_NOT_FOUND`; the signal's reason.
   */
  wait(executionId: string, options: WaitOptions = {}): Promise<Execution> {
    return this.watch.wait(executionId, options);
  }

  /** Newest first. @throws {StateError} `INVALID_CURSOR`; {ValidationError} for a limit outside 1..500. */
  list(options: ListExecutionsOptions = {}): Promise<Page<ExecutionSummary>> {
    return this.executions.list(options);
  }

  /**
   * The events of an execution in order, those that were and those to come, up to the final one. Its log keeps the
   * latest `maxLogLength` of them (10,000 in memory): `missed` of an event tells how many are missing before it.
   * @throws {DispatchError} `EXECUTION_NOT_FOUND`; {StateError} `INVALID_CURSOR`.
   */
  events(executionId: string, options: ReadEventsOptions = {}): AsyncGenerator<ExecutionEvent> {
    return this.watch.events(executionId, options);
  }

  /**
   * The same for those who have to know beforehand that there is such a stream: its errors come at once, and it is
   * undefined when no event follows `after`, and none will.
   * @throws {DispatchError} `EXECUTION_NOT_FOUND`; {StateError} `INVALID_CURSOR`.
   */
  openEvents(
    executionId: string,
    options: ReadEventsOptions = {},
  ): Promise<AsyncGenerator<ExecutionEvent> | undefined> {
    return this.watch.open(executionId, options);
  }

  /**
   * Asks for an execution to be stopped. Its status turns `cancelled` when its steps have settled or were given up.
   * @throws {DispatchError} `EXECUTION_NOT_FOUND`, `EXECUTION_FINISHED`.
   */
  async cancel(executionId: string, reason?: string): Promise<ExecutionSummary> {
    const { facts, state, cancel } = await this.executions.loadSummary(executionId);
    if (isFinished(state.status)) {
      throw new DispatchError('EXECUTION_FINISHED', `the execution is ${state.status} already`, {
        details: { executionId, status: state.status },
      });
    }
    const request = cancel ?? { requestedAt: this.clock.timestamp(), reason: reason ?? null };
    if (cancel === null) await this.executions.requestCancel(executionId, request);
    await this.queue.cancel(executionId, state.run, request.reason);
    return toSummary({ facts, state, cancel: request });
  }

  /**
   * Runs a failed, timed out or cancelled execution again, from the first steps that are not completed.
   * @throws {DispatchError} `EXECUTION_NOT_FOUND`, `EXECUTION_NOT_RETRYABLE`, `SHUTTING_DOWN`; {QueueError} `QUEUE_FULL`.
   */
  async retry(executionId: string): Promise<ExecutionHandle> {
    await this.submitter.retry(executionId);
    return this.#handleOf(executionId);
  }

  async status(): Promise<DispatcherStatus> {
    const { waiting, delayed } = await this.queue.jobs.counts();
    return {
      accepting: this.submitter.intake.isOpen,
      running: this.queue.consumer?.active ?? 0,
      waiting: waiting + delayed,
    };
  }

  /**
   * Repairs what a crash left behind, executions without a job, and forgets finished ones beyond their retention. On a
   * durable driver it is to be called now and then (the service does so every half minute); any number of instances may.
   * Never throws: what could not be done is logged, and done by the next call.
   */
  async maintain(options: RepairOptions = {}): Promise<RepairReport> {
    const [report] = await Promise.all([this.repair.run(options), this.retention.sweep()]);
    return report;
  }

  /**
   * Ends the intake and what runs, within `gracePeriodMs`. What is queued runs to its end where it would be lost
   * otherwise; on a durable driver it stays for others. Idempotent: later calls get the same report.
   */
  drain(): Promise<DrainReport> {
    this.#drain ??= new Drain({
      queue: this.queue.jobs,
      intake: this.submitter.intake,
      consumer: this.queue.consumer,
      clock: this.clock,
      durable: this.driver.durable,
      gracePeriodMs: this.options.gracePeriodMs,
      abortGraceMs: this.options.abortGraceMs,
      abandonedTasks: () => this.pool.abandonedTasks,
    });
    this.repair.stop();
    return this.#drain.run().finally(() => this.watch.close());
  }

  #handleOf(executionId: string): ExecutionHandle {
    return {
      executionId,
      result: async () => {
        const execution = await this.wait(executionId);
        if (isFinished(execution.status)) return execution;
        throw new DispatchError('SHUTTING_DOWN', 'the dispatcher closed before the execution finished', {
          retryable: true,
        });
      },
      cancel: async (reason) => {
        await this.cancel(executionId, reason);
      },
      events: (options) => this.events(executionId, options),
    };
  }
}
