import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { AgentPool } from '#agent-pool';
import { Clock, ValidationError, newId, runInTurns, type Page, type Problem } from '#core';
import { DEFAULT_PRIORITY, QueueDriver } from '#queue';
import { StateStore } from '#state';
import { DispatchError } from './dispatch.errors.js';
import type { DispatchOptions } from './dispatch.options.js';
import { DISPATCH_OPTIONS } from './dispatch.tokens.js';
import type { CompiledWorkflow } from './document/compiled-workflow.js';
import { WorkflowCompiler } from './document/workflow-compiler.js';
import type { Workflow } from './document/workflow.js';
import { Drain, type DrainReport } from './drain.js';
import type { ExecutionHandle, ReadEventsOptions } from './execution-handle.js';
import { ExecutionQueue } from './execution-queue.js';
import { ExecutionRepair, type RepairOptions, type RepairReport } from './execution-repair.js';
import { ExecutionWatch, type WaitOptions } from './execution-watch.js';
import type { ExecutionEvent } from './execution/execution-event.js';
import { ExecutionRetention } from './execution/execution-retention.js';
import {
  ExecutionStore,
  requireRetryable,
  type IdempotencyRecord,
  type ListExecutionsOptions,
} from './execution/execution-store.js';
import { isFinished, type Execution, type ExecutionSummary } from './execution/execution.js';
import { toExecution, toSummary, type ExecutionFacts } from './execution/stored-execution.js';
import { Intake } from './intake.js';
import {
  digest,
  fingerprint,
  parseSubmitOptions,
  type SubmitOptions,
  type SubmitRequest,
} from './submit-request.js';

export interface DispatcherStatus {
  accepting: boolean;
  running: number;
  waiting: number;
}

/** The door to executions: submit, get, wait, cancel, retry, list, follow. */
@Injectable()
export class WorkflowDispatcher implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #intake: Intake;
  /** Whether queue and store carry out what they are asked for in the order in which they are asked. */
  readonly #isOneSequence: boolean;
  #drain: Drain | undefined;

  constructor(
    private readonly executions: ExecutionStore,
    private readonly queue: ExecutionQueue,
    private readonly watch: ExecutionWatch,
    private readonly compiler: WorkflowCompiler,
    private readonly pool: AgentPool,
    private readonly clock: Clock,
    private readonly driver: QueueDriver,
    store: StateStore,
    private readonly repair: ExecutionRepair,
    private readonly retention: ExecutionRetention,
    @Inject(DISPATCH_OPTIONS) private readonly options: DispatchOptions,
  ) {
    this.#isOneSequence = driver.sequence === store.sequence;
    this.#intake = new Intake(queue.jobs, options.maxQueueDepth);
    queue.onEnded(() => this.#drain?.jobGone());
  }

  onApplicationBootstrap(): void {
    if (!this.#intake.isOpen) return;
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
    const parsed = parseSubmitOptions(options);
    const compiling = this.#compile(workflow);
    const { compiled, problems } = compiling instanceof Promise ? await compiling : compiling;
    if ('problems' in parsed || compiled === undefined) {
      const all = 'problems' in parsed ? [...parsed.problems, ...problems] : problems;
      throw new ValidationError('the request', all);
    }
    const { document } = compiled;
    const { request } = parsed;
    const { input, idempotencyKey } = request;
    const key = idempotencyKey === undefined ? null : digest(idempotencyKey);
    const print = key === null ? null : await this.#fingerprint(document, request);
    const earlier = key === null ? undefined : await this.executions.findByIdempotencyKey(key);
    if (earlier !== undefined) return this.#repeat(earlier, print);
    await this.#intake.enter();
    try {
      const facts = this.#factsOf(document, request, key);
      const creating = this.executions.create(facts, { workflow: document, input }, print);
      // Where the job comes after the record anyway, nobody has to wait for that; unless the record may not be written.
      const adding = key === null && this.#isOneSequence ? this.queue.add(facts, 1) : undefined;
      adding?.catch(() => undefined);
      const existing = await creating;
      if (existing !== undefined) return await this.#repeat(existing, print);
      await (adding ?? this.queue.add(facts, 1));
      return this.#handleOf(facts.executionId);
    } finally {
      this.#intake.left();
    }
  }

  /**
   * Every problem of a workflow document, none when it would be accepted. Paths start with `workflow`.
   * @throws {QueueError} `QUEUE_FULL`; {DispatchError} `SHUTTING_DOWN`.
   */
  async validate(workflow: unknown): Promise<readonly Problem[]> {
    return (await this.#compile(workflow)).problems;
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
    const stored = await this.executions.load(executionId);
    requireRetryable(executionId, stored.state.status);
    await this.#intake.enter();
    try {
      const { run } = await this.executions.restart(stored);
      await this.queue.add(stored.facts, run);
      return this.#handleOf(executionId);
    } finally {
      this.#intake.left();
    }
  }

  async status(): Promise<DispatcherStatus> {
    const { waiting, delayed } = await this.queue.jobs.counts();
    return {
      accepting: this.#intake.isOpen,
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
      intake: this.#intake,
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

  async #repeat(existing: IdempotencyRecord, print: string | null): Promise<ExecutionHandle> {
    if (existing.fingerprint !== print) {
      throw new DispatchError('IDEMPOTENCY_KEY_REUSED', 'the idempotency key stands for another request');
    }
    const { facts, state } = await this.executions.loadSummary(existing.executionId);
    // The one who wrote it may have died before it reached the queue; the same job twice is one job.
    if (state.status === 'pending') await this.queue.add(facts, state.run);
    return this.#handleOf(existing.executionId);
  }

  #fingerprint(document: Workflow, { input, priority, timeoutMs }: SubmitRequest): Promise<string> {
    return runInTurns(fingerprint(document, { input, priority, timeoutMs }));
  }

  #factsOf(
    document: Workflow,
    { priority, timeoutMs, deadlineMs, traceparent }: SubmitRequest,
    idempotencyKey: string | null,
  ): ExecutionFacts {
    return Object.freeze({
      executionId: newId(this.clock.now()),
      workflowId: document.id,
      priority: priority ?? document.priority ?? DEFAULT_PRIORITY,
      timeoutMs: Math.min(
        timeoutMs ?? document.timeoutMs ?? this.options.defaultTimeoutMs,
        deadlineMs ?? Number.POSITIVE_INFINITY,
      ),
      submittedAt: this.clock.timestamp(),
      idempotencyKey,
      traceparent: traceparent ?? null,
    });
  }

  /** A promise only where it takes time; most documents are known. */
  #compile(workflow: unknown): Compilation | Promise<Compilation> {
    const checks = {
      capabilities: (name: string) => this.pool.has(name),
      maxSteps: this.options.maxSteps,
      prefix: ['workflow'],
    };
    const compiling = this.compiler.compile(workflow, checks, this.#intake.closing);
    if (!(compiling instanceof Promise)) return { compiled: compiling, problems: NONE };
    return compiling.then((compiled) => ({ compiled, problems: NONE }), problemsOf);
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

interface Compilation {
  compiled?: CompiledWorkflow;
  problems: readonly Problem[];
}

const NONE: readonly Problem[] = [];

/** @throws the error, unless it lists problems. */
function problemsOf(error: unknown): Compilation {
  if (error instanceof ValidationError) return { problems: error.problems };
  throw error;
}
