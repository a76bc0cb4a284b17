import { Inject, Injectable } from '@nestjs/common';
import { AgentPool } from '#agent-pool';
import { Clock, ValidationError, newId, runInTurns, type Problem } from '#core';
import { DEFAULT_PRIORITY, QueueDriver } from '#queue';
import { StateStore } from '#state';
import { DispatchError } from './dispatch.errors.js';
import type { DispatchOptions } from './dispatch.options.js';
import { DISPATCH_OPTIONS } from './dispatch.tokens.js';
import type { CompiledWorkflow } from './document/compiled-workflow.js';
import { WorkflowCompiler } from './document/workflow-compiler.js';
import type { Workflow } from './document/workflow.js';
import { ExecutionQueue } from './execution-queue.js';
import { ExecutionStore, requireRetryable, type IdempotencyRecord } from './execution/execution-store.js';
import type { ExecutionFacts } from './execution/stored-execution.js';
import { Intake } from './intake.js';
import {
  digest,
  fingerprint,
  parseSubmitOptions,
  type SubmitOptions,
  type SubmitRequest,
} from './submit-request.js';

/** Brings executions on record and into the queue: new ones, and those that are to run again. */
@Injectable()
export class Submitter {
  /** Bounds what waits; closed for good by a drain. */
  readonly intake: Intake;
  /** Whether queue and store carry out what they are asked for in the order in which they are asked. */
  readonly #isOneSequence: boolean;

  constructor(
    private readonly executions: ExecutionStore,
    private readonly queue: ExecutionQueue,
    private readonly compiler: WorkflowCompiler,
    private readonly pool: AgentPool,
    private readonly clock: Clock,
    driver: QueueDriver,
    store: StateStore,
    @Inject(DISPATCH_OPTIONS) private readonly options: DispatchOptions,
  ) {
    this.#isOneSequence = driver.sequence === store.sequence;
    this.intake = new Intake(queue.jobs, options.maxQueueDepth);
  }

  /** @returns the id of the execution. @throws as `WorkflowDispatcher.submit`. */
  async submit(workflow: unknown, options: SubmitOptions): Promise<string> {
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
    await this.intake.enter();
    try {
      const facts = this.#factsOf(document, request, key);
      const creating = this.executions.create(facts, { workflow: document, input }, print);
      // Where the job comes after the record anyway, nobody has to wait for that; unless the record may not be written.
      const adding = key === null && this.#isOneSequence ? this.queue.add(facts, 1) : undefined;
      adding?.catch(() => undefined);
      const existing = await creating;
      if (existing !== undefined) return await this.#repeat(existing, print);
      await (adding ?? this.queue.add(facts, 1));
      return facts.executionId;
    } finally {
      this.intake.left();
    }
  }

  /** @throws as `WorkflowDispatcher.retry`. */
  async retry(executionId: string): Promise<void> {
    const stored = await this.executions.load(executionId);
    requireRetryable(executionId, stored.state.status);
    await this.intake.enter();
    try {
      const { run } = await this.executions.restart(stored);
      await this.queue.add(stored.facts, run);
    } finally {
      this.intake.left();
    }
  }

  /** @throws as `WorkflowDispatcher.validate`. */
  async validate(workflow: unknown): Promise<readonly Problem[]> {
    return (await this.#compile(workflow)).problems;
  }

  async #repeat(
    { executionId, fingerprint: known }: IdempotencyRecord,
    print: string | null,
  ): Promise<string> {
    if (known !== print) {
      throw new DispatchError('IDEMPOTENCY_KEY_REUSED', 'the idempotency key stands for another request');
    }
    const { facts, state } = await this.executions.loadSummary(executionId);
    // The one who wrote it may have died before it reached the queue; the same job twice is one job.
    if (state.status === 'pending') await this.queue.add(facts, state.run);
    return executionId;
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
    const compiling = this.compiler.compile(workflow, checks, this.intake.closing);
    if (!(compiling instanceof Promise)) return { compiled: compiling, problems: NONE };
    return compiling.then((compiled) => ({ compiled, problems: NONE }), problemsOf);
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
