import { Inject, Injectable } from '@nestjs/common';
import pLimit from 'p-limit';
import {
  Clock,
  ValidationError,
  isPlainObject,
  jsonSnapshot,
  newId,
  type JsonValue,
  type Page,
  type Problem,
} from '#core';
import { DispatchError, WorkflowDispatcher } from '#dispatch';
import { OrchestraEvents } from '#events';
import { ScheduleJobs } from './schedule-jobs.js';
import { parseScheduleRequest, type ParsedSchedule, type ScheduleRequest } from './schedule-request.js';
import { ScheduleRunner } from './schedule-runner.js';
import { ScheduleStore } from './schedule-store.js';
import type { Schedule, ScheduleSummary } from './schedule.js';
import { SchedulesError } from './schedules.errors.js';
import { SCHEDULES_OPTIONS, type SchedulesOptions } from './schedules.options.js';
import {
  isoTime,
  toSchedule,
  toSummary,
  type ScheduleContent,
  type ScheduleDefinition,
  type StoredSchedule,
} from './stored-schedule.js';
import { nextTime } from './timing/timing.js';

export interface ListSchedulesOptions {
  /** 1..500, default 50. */
  limit?: number;
  cursor?: string;
}

export interface ScheduleRepair {
  /** Schedules that were looked at. */
  checked: number;
  /** Those whose next job was missing, and was added. */
  repaired: number;
}

const REPAIR_PAGE = 100;

/**
 * Executions at times to come: recurring ones by `cron` or `everyMs`, a single one by `at`.
 *
 * Each firing leads to one execution, however many instances run. A schedule is kept as long as the store keeps what it
 * is given: the memory driver until the process ends.
 */
@Injectable()
export class WorkflowSchedules {
  /** One at a time, so that what is counted holds until it is written. */
  readonly #creating = pLimit(1);

  constructor(
    private readonly store: ScheduleStore,
    private readonly jobs: ScheduleJobs,
    private readonly runner: ScheduleRunner,
    private readonly dispatcher: WorkflowDispatcher,
    private readonly events: OrchestraEvents,
    private readonly clock: Clock,
    @Inject(SCHEDULES_OPTIONS) private readonly options: SchedulesOptions,
  ) {}

  /**
   * Once this resolves the schedule is on record, and will fire.
   * @throws {ValidationError} with every problem of the request and its workflow; {SchedulesError} `SCHEDULE_EXISTS`,
   *   `SCHEDULES_FULL`; {DispatchError} `SHUTTING_DOWN`; {QueueError} `QUEUE_FULL`, when too many workflows are being
   *   checked; {StateError} `STORE_FULL`.
   */
  async create(request: ScheduleRequest): Promise<Schedule> {
    if (this.runner.isStopped) {
      throw new DispatchError('SHUTTING_DOWN', 'no schedule is accepted any more', { retryable: true });
    }
    const { problems, accepted } = await this.#check(request);
    if (accepted === undefined) throw new ValidationError('the schedule', problems);
    const created = await this.#creating(() => this.#create(accepted));
    const { definition, progress } = created.stored;
    try {
      await this.jobs.plan(definition, progress.nextAtMs);
    } catch (error) {
      // The caller is told that there is none; if it cannot be removed either, `repair` gives it its job.
      await this.store.remove(definition).catch(() => false);
      throw error;
    }
    const schedule = toSchedule(created.stored, created.content);
    const { scheduleId, workflowId, nextAt } = schedule;
    this.events.publish('schedule.created', { scheduleId, workflowId, nextAt });
    return schedule;
  }

  /**
   * Every problem of a request, none when it would be accepted. Those of its workflow have paths that start with `workflow`.
   * @throws {QueueError} `QUEUE_FULL`; {DispatchError} `SHUTTING_DOWN`.
   */
  async validate(request: unknown): Promise<readonly Problem[]> {
    return (await this.#check(request)).problems;
  }

  /** @throws {SchedulesError} `SCHEDULE_NOT_FOUND`. */
  async get(scheduleId: string): Promise<Schedule> {
    const stored = await this.store.find(scheduleId);
    const content = stored && (await this.store.content(scheduleId));
    if (content === undefined) throw notFound(scheduleId);
    return toSchedule(stored as StoredSchedule, content);
  }

  /** The newest first. @throws {StateError} `INVALID_CURSOR`; {ValidationError} for a limit outside 1..500. */
  async list({ limit, cursor }: ListSchedulesOptions = {}): Promise<Page<ScheduleSummary>> {
    const { items, nextCursor } = await this.store.list({ limit, cursor });
    return { items: items.map(toSummary), nextCursor };
  }

  /** It fires no more; what it has submitted runs on. @throws {SchedulesError} `SCHEDULE_NOT_FOUND`. */
  async delete(scheduleId: string): Promise<void> {
    const stored = await this.store.find(scheduleId);
    if (stored === undefined || !(await this.store.remove(stored.definition))) throw notFound(scheduleId);
    // A job that stays finds no schedule, and ends.
    await this.jobs.forget(stored.definition, stored.progress.nextAtMs).catch(() => undefined);
    this.events.publish('schedule.deleted', { scheduleId, reason: 'requested' });
  }

  /** Begins no further firing in this process; due ones stay for others, or for its next start. Idempotent. */
  stop(): Promise<void> {
    return this.runner.stop();
  }

  /**
   * Gives every schedule its next job where that is missing: after a crash between store and queue, or when a firing
   * failed too often. Idempotent; reads the schedules page by page.
   * @throws the signal's reason.
   */
  async repair({ signal }: { signal?: AbortSignal } = {}): Promise<ScheduleRepair> {
    const result: ScheduleRepair = { checked: 0, repaired: 0 };
    let cursor: string | undefined;
    do {
      const page = await this.store.list({ limit: REPAIR_PAGE, cursor, order: 'asc' });
      for (const stored of page.items) {
        signal?.throwIfAborted();
        result.checked++;
        if (await this.#repair(stored)) result.repaired++;
      }
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    return result;
  }

  async #repair({ definition, progress }: StoredSchedule): Promise<boolean> {
    if (await this.jobs.isPlanned(definition, progress.nextAtMs)) return false;
    await this.jobs.plan(definition, progress.nextAtMs);
    const { scheduleId } = definition;
    this.events.publish('schedule.repaired', { scheduleId, nextAt: isoTime(progress.nextAtMs) });
    return true;
  }

  async #check(
    request: unknown,
  ): Promise<{ problems: readonly Problem[]; accepted?: { schedule: ParsedSchedule; workflow: JsonValue } }> {
    const given = isPlainObject(request) ? request.workflow : undefined;
    // A copy: the caller may change his while it is being checked.
    const workflow = jsonSnapshot(given);
    const parsed = parseScheduleRequest(request, this.clock.now());
    const ofWorkflow = await this.dispatcher.validate(workflow ?? given);
    if ('problems' in parsed) return { problems: [...parsed.problems, ...ofWorkflow] };
    if (ofWorkflow.length > 0 || workflow === undefined) return { problems: ofWorkflow };
    return { problems: [], accepted: { schedule: parsed.schedule, workflow } };
  }

  async #create({
    schedule,
    workflow,
  }: {
    schedule: ParsedSchedule;
    workflow: JsonValue;
  }): Promise<{ stored: StoredSchedule; content: ScheduleContent }> {
    const { maxSchedules } = this.options;
    if ((await this.store.count()) >= maxSchedules) {
      throw new SchedulesError('SCHEDULES_FULL', `there are ${maxSchedules} schedules already`, {
        details: { maxSchedules },
      });
    }
    const now = this.clock.now();
    const generation = newId(now);
    const { id = generation, missed, priority = null, timeoutMs = null, input } = schedule;
    // A period begins when the schedule is there, not before its workflow was checked.
    const timing = 'everyMs' in schedule.timing ? { ...schedule.timing, anchorMs: now } : schedule.timing;
    const definition: ScheduleDefinition = {
      scheduleId: id,
      generation,
      workflowId: (workflow as { id: string }).id,
      timing,
      missed,
      priority,
      timeoutMs,
      createdAtMs: now,
    };
    // A single time that came while the workflow was checked is due at once.
    const nextAtMs = nextTime(timing, now) ?? now;
    const stored = { definition, progress: { nextAtMs, lastAtMs: null, lastExecutionId: null } };
    const content = { workflow, input };
    await this.store.create(stored, content);
    return { stored, content };
  }
}

function notFound(scheduleId: string): SchedulesError {
  return new SchedulesError('SCHEDULE_NOT_FOUND', `no schedule ${JSON.stringify(scheduleId)}`, {
    details: { scheduleId },
  });
}
