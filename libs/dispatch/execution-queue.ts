import { Inject, Injectable, Logger } from '@nestjs/common';
import { BackendUnavailableError, abortReason, messageOf, toErrorRecord } from '#core';
import { QueueDriver, type Consumer, type JobQueue, type JobRecord } from '#queue';
import { isStateError } from '#state';
import { DispatchError } from './dispatch.errors.js';
import type { DispatchOptions } from './dispatch.options.js';
import { DISPATCH_OPTIONS } from './dispatch.tokens.js';
import { ExecutionRetention } from './execution/execution-retention.js';
import { ExecutionStore } from './execution/execution-store.js';
import type { ExecutionFacts } from './execution/stored-execution.js';
import { JobControl, type RunControl } from './runner/run-control.js';
import { WorkflowRunner, cancelReason } from './runner/workflow-runner.js';
import { SuspectLane } from './suspect-lane.js';

/** What the queue carries; the store has the rest. */
interface ExecutionJob {
  executionId: string;
}

/** The name of the queue, for dashboards and the like. */
export const EXECUTIONS_QUEUE = 'executions';

/** How often a run may fail for a reason that is neither the workflow's nor the backend's, before its execution fails. */
const RUN_ATTEMPTS = 5;

/**
 * How often a run is begun in all while the backend cannot be written to: for a quarter of an hour, at ten seconds on
 * average. What is not at its end then is found by the next repair.
 */
const MAX_ATTEMPTS = 100;

/** Executions on their way through the queue: every run has a job, and every job brings its execution to an end. */
@Injectable()
export class ExecutionQueue {
  readonly jobs: JobQueue<ExecutionJob>;
  readonly #logger = new Logger(ExecutionQueue.name);
  readonly #suspects = new SuspectLane();
  #consumer: Consumer | undefined;
  #onEnded: () => void = () => undefined;

  constructor(
    private readonly runner: WorkflowRunner,
    private readonly executions: ExecutionStore,
    private readonly retention: ExecutionRetention,
    driver: QueueDriver,
    @Inject(DISPATCH_OPTIONS) private readonly options: DispatchOptions,
  ) {
    this.jobs = driver.queue<ExecutionJob>(EXECUTIONS_QUEUE, {
      // The intake keeps the bound, before anything is written: refusing here would come too late.
      maxDepth: Number.MAX_SAFE_INTEGER,
      maxActive: options.maxConcurrentWorkflowsTotal,
      // A finished execution is in the store; its job has nothing more to tell.
      retention: { maxAgeMs: 0, maxCount: 0 },
    });
  }

  /** Undefined until {@link start}. */
  get consumer(): Consumer | undefined {
    return this.#consumer;
  }

  /** Begins to run what waits, at most `maxConcurrentWorkflows` at once; unless that is left to others. */
  start(): void {
    if (!this.options.consume) return;
    this.#consumer = this.jobs.consume(
      (job, signal, abort) => this.#run(job, new JobControl(signal, abort)),
      {
        concurrency: this.options.maxConcurrentWorkflows,
        // Agents get signals of their own, and whatever listens to that of a run is gone when it ends.
        reuseSignals: true,
      },
    );
  }

  /** @param listener told whenever a run has ended, however. */
  onEnded(listener: () => void): void {
    this.#onEnded = listener;
  }

  /** The same run twice is one job. */
  add({ executionId, priority }: ExecutionFacts, run: number): Promise<void> {
    const id = jobId(executionId, run);
    return this.jobs.enqueue({ executionId }, { id, priority, attempts: MAX_ATTEMPTS });
  }

  /** Whether the run has a job: waits for its turn, or runs. */
  async has(executionId: string, run: number): Promise<boolean> {
    return (await this.jobs.get(jobId(executionId, run))) !== undefined;
  }

  /** Stops a run, wherever it is; one that nobody runs ends here. */
  async cancel(executionId: string, run: number, reason: string | null): Promise<void> {
    const found = await this.jobs.cancel(jobId(executionId, run), cancelReason(reason));
    if (found !== 'signalled') await this.#endCancelled(executionId);
  }

  async #run(job: JobRecord<ExecutionJob>, control: JobControl): Promise<void> {
    const { executionId } = job.data;
    try {
      await this.#runAlone(job, control);
    } catch (error) {
      // Somebody else has the execution now, and brings it to its end; nobody heeds then how the job ends that was lost with
      // it. But who claimed it may be a worker that was blocked while it lost the job, and goes no further: where the job is
      // still there, it is tried again.
      if (isStateError(error, 'STALE_ATTEMPT')) {
        this.#tellOfLoss(executionId, messageOf(error));
        throw new Error(`another worker has claimed execution ${executionId}`, { cause: error });
      }
      if (isNotFound(error)) {
        // Forgotten meanwhile, or its job was quicker than its record: once more will tell.
        if (job.attemptsMade > 0) return;
        throw new Error(`there is no execution ${executionId} yet`, { cause: error });
      }
      // Nothing can be written now, not even that it failed: the queue tries again, and after that the repair.
      if (error instanceof BackendUnavailableError) throw error;
      if (isLost(control)) this.#tellOfLoss(executionId, abortReason(control.signal).message);
      const further = control.abortedByQueue ? isTakenBack(control) : isTriedAgain(job, error);
      if (further && !(await this.#isCancelled(executionId))) throw error;
      await this.#giveUp(executionId, error);
    } finally {
      this.#ended();
    }
  }

  /** A job on its last chance has the lane to itself. */
  async #runAlone({ data, recoveries }: JobRecord<ExecutionJob>, control: JobControl): Promise<void> {
    if (recoveries < Math.max(1, this.options.maxRecoveries - 1))
      return this.runner.run(data.executionId, control, recoveries);
    const { leave } = await this.#suspects.enter(control.signal);
    try {
      await this.runner.run(data.executionId, control, recoveries);
    } finally {
      leave();
    }
  }

  /** Whether it is to end here: the queue makes no further attempt of a job that was cancelled. */
  async #isCancelled(executionId: string): Promise<boolean> {
    const summary = await this.executions.findSummary(executionId);
    return summary !== undefined && summary.cancel !== null;
  }

  /** An accepted execution has to end, and its error has to be seen. @throws {Error} when that fails as well; retryable. */
  async #giveUp(executionId: string, cause: unknown): Promise<void> {
    this.#logger.error(`execution ${executionId} could not be run, for a reason outside its workflow`, cause);
    const { message } = toErrorRecord(cause, 'INTERNAL_ERROR');
    try {
      await this.runner.fail(executionId, {
        code: 'INTERNAL_ERROR',
        message: `the execution could not be run: ${message}`,
        retryable: false,
      });
    } catch (error) {
      if (!isStateError(error, 'STALE_ATTEMPT') && !isNotFound(error))
        throw new Error('the execution could not be ended', { cause: error });
    }
  }

  #tellOfLoss(executionId: string, why: string): void {
    this.#logger.warn(`execution ${executionId} is no longer this worker's, and goes on elsewhere: ${why}`);
  }

  /** Nobody runs it, and nobody will: it ends here. Of several at once one writes its end. */
  async #endCancelled(executionId: string): Promise<void> {
    try {
      await this.runner.cancel(executionId);
    } catch (error) {
      if (!isStateError(error, 'STALE_ATTEMPT')) throw error;
    } finally {
      this.#ended();
    }
  }

  #ended(): void {
    this.retention.sweepSoon();
    this.#onEnded();
  }
}

/** Every run has a job of its own: the one before may not have left the queue yet. */
function jobId(executionId: string, run: number): string {
  return `${executionId}.${run}`;
}

function isNotFound(error: unknown): boolean {
  return error instanceof DispatchError && error.code === 'EXECUTION_NOT_FOUND';
}

/** Whether the queue makes another attempt after an error of this one. */
function isTriedAgain(job: JobRecord<unknown>, error: unknown): boolean {
  return job.attemptsMade + 1 < RUN_ATTEMPTS && toErrorRecord(error, 'INTERNAL_ERROR').retryable;
}

/** Whether the queue has given the job to another consumer, or may have. */
function isLost({ abortedByQueue, signal }: JobControl): boolean {
  return abortedByQueue && abortReason(signal).kind === 'lost-lease';
}

/** Whether the queue, which aborted the run, keeps the job for another one. */
function isTakenBack({ signal }: RunControl): boolean {
  return abortReason(signal).kind !== 'cancel';
}
