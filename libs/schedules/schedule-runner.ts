import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Clock, ValidationError, onAbort, toErrorRecord, type ErrorRecord } from '#core';
import { DispatchError, WorkflowDispatcher } from '#dispatch';
import { OrchestraEvents } from '#events';
import { QueueError, type Consumer, type JobRecord } from '#queue';
import { isStateError } from '#state';
import { ScheduleJobs, type WakeUp } from './schedule-jobs.js';
import { ScheduleStore, type ScheduleClaim } from './schedule-store.js';
import { SCHEDULES_OPTIONS, type SchedulesOptions } from './schedules.options.js';
import { isoTime, type ScheduleDefinition } from './stored-schedule.js';
import { nextTime } from './timing/timing.js';

/** Wake-ups that are handled at once in this process; each is a submit. */
const MAX_CONCURRENT_FIRINGS = 10;

/** How long a stop waits for the submits under way before they are handed back. */
const DRAIN_MS = 5_000;

/** What a firing came to; it led to an execution, or it is told why not. */
type Outcome =
  { executionId: string; lateMs: number } | { reason: 'missed' | 'refused'; error: ErrorRecord | null };

/**
 * Fires schedules: takes each wake-up, submits what its schedule says, writes down how far it is, plans the next one.
 *
 * A wake-up may be repeated after any of these steps, and on several instances at once: the execution has a key made of
 * the firing, the progress is fenced, the next job has an id made of its time. So each step happens once, and a
 * repetition does those that are missing.
 */
@Injectable()
export class ScheduleRunner implements OnApplicationBootstrap, OnModuleDestroy {
  #consumer: Consumer | undefined;
  #stopped: Promise<void> | undefined;

  constructor(
    private readonly store: ScheduleStore,
    private readonly jobs: ScheduleJobs,
    private readonly dispatcher: WorkflowDispatcher,
    private readonly events: OrchestraEvents,
    private readonly clock: Clock,
    @Inject(SCHEDULES_OPTIONS) private readonly options: SchedulesOptions,
  ) {}

  /** Whether firings begin no more here. */
  get isStopped(): boolean {
    return this.#stopped !== undefined;
  }

  onApplicationBootstrap(): void {
    if (this.isStopped) return;
    this.#consumer = this.jobs.queue.consume((job, signal) => this.#wake(job, signal), {
      concurrency: MAX_CONCURRENT_FIRINGS,
    });
  }

  /** A phase before the dispatcher ends its intake: what is under way is still taken. */
  async onModuleDestroy(): Promise<void> {
    await this.stop();
  }

  /** Begins no further firing here and waits for those under way; what is due stays for others. Idempotent. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    await this.#consumer?.close({ drainMs: DRAIN_MS });
  }

  async #wake(job: JobRecord<WakeUp>, signal: AbortSignal): Promise<void> {
    const { scheduleId, generation } = job.data;
    const found = await this.store.find(scheduleId);
    if (found?.definition.generation !== generation) return;
    const { definition, progress } = found;
    // Before its time, or after a firing that did not get as far as here.
    if (progress.nextAtMs > this.clock.now()) return this.jobs.plan(definition, progress.nextAtMs, job.data);
    const claimed = await this.store.claim(definition);
    if (claimed === undefined) return;
    if (claimed.progress.nextAtMs > this.clock.now()) {
      return this.jobs.plan(definition, claimed.progress.nextAtMs, job.data);
    }
    const outcome = await this.#fire(definition, claimed.progress.nextAtMs, job, signal);
    if (outcome !== undefined) await this.#advance(definition, claimed, outcome, job.data);
  }

  /** @returns undefined when the schedule is gone. */
  async #fire(
    definition: ScheduleDefinition,
    atMs: number,
    job: JobRecord<WakeUp>,
    signal: AbortSignal,
  ): Promise<Outcome | undefined> {
    const { scheduleId, generation, missed, priority, timeoutMs } = definition;
    const lateMs = this.clock.now() - atMs;
    if (missed === 'skip' && lateMs > this.options.maxLateMs) return { reason: 'missed', error: null };
    const content = await this.store.content(scheduleId);
    if (content === undefined) return undefined;
    try {
      const { executionId } = await this.dispatcher.submit(content.workflow, {
        input: content.input,
        priority: priority ?? undefined,
        timeoutMs: timeoutMs ?? undefined,
        idempotencyKey: `schedule:${generation}:${atMs}`,
      });
      return { executionId, lateMs };
    } catch (error) {
      if (isShuttingDown(error)) return handedBack(signal);
      const isLast = job.attemptsMade + 1 >= job.attempts;
      if (!isRefusal(error) && !(isFull(error) && isLast)) throw error;
      return { reason: 'refused', error: toErrorRecord(error, 'INTERNAL_ERROR') };
    }
  }

  async #advance(
    definition: ScheduleDefinition,
    { claim, progress }: ScheduleClaim,
    outcome: Outcome,
    current: WakeUp,
  ): Promise<void> {
    const firedAtMs = progress.nextAtMs;
    const nextAtMs = nextTime(definition.timing, Math.max(firedAtMs, this.clock.now()));
    if (nextAtMs === undefined) {
      if (!(await this.store.remove(definition, claim))) return;
      this.#tell(definition, firedAtMs, outcome);
      this.events.publish('schedule.deleted', { scheduleId: definition.scheduleId, reason: 'finished' });
      return;
    }
    const last =
      'executionId' in outcome
        ? { lastAtMs: firedAtMs, lastExecutionId: outcome.executionId }
        : { lastAtMs: progress.lastAtMs, lastExecutionId: progress.lastExecutionId };
    // Whoever has claimed it since, or finds it gone, does the rest.
    if (!(await this.store.advance(definition, claim, { nextAtMs, ...last }))) return;
    this.#tell(definition, firedAtMs, outcome);
    await this.jobs.plan(definition, nextAtMs, current);
  }

  #tell({ scheduleId, workflowId }: ScheduleDefinition, atMs: number, outcome: Outcome): void {
    const at = isoTime(atMs);
    if ('executionId' in outcome) {
      const { executionId, lateMs } = outcome;
      this.events.publish('schedule.fired', { scheduleId, executionId, workflowId, at, lateMs });
    } else this.events.publish('schedule.skipped', { scheduleId, at, ...outcome });
  }
}

/** The workflow cannot be run any more, or what runs under the key is another one: the next attempt would end the same. */
function isRefusal(error: unknown): boolean {
  if (error instanceof ValidationError) return true;
  return error instanceof DispatchError && error.code === 'IDEMPOTENCY_KEY_REUSED';
}

/** There is no room now; there may be at the next attempt. */
function isFull(error: unknown): boolean {
  if (error instanceof QueueError) return error.code === 'QUEUE_FULL';
  return isStateError(error, 'STORE_FULL');
}

function isShuttingDown(error: unknown): boolean {
  return error instanceof DispatchError && error.code === 'SHUTTING_DOWN';
}

/** The dispatcher was drained first, so the consumer will be closed: a handler that ends by its signal is no attempt. */
function handedBack(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    else onAbort(signal, () => reject(signal.reason));
  });
}
