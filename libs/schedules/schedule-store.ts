import { Injectable } from '@nestjs/common';
import type { JsonValue, Page } from '#core';
import { StateStore, isStateError, type Commit } from '#state';
import { SchedulesError } from './schedules.errors.js';
import type {
  ScheduleContent,
  ScheduleDefinition,
  ScheduleProgress,
  StoredSchedule,
} from './stored-schedule.js';

const INDEX = 'schedules';

const scheduleKey = (scheduleId: string): string => `schedule:${scheduleId}`;

/**
 * Beside the schedule's own record, and by its generation: claims are forgotten with a record, and one of an earlier
 * schedule of the same id must never pass for one of this.
 */
const progressKey = ({ generation }: ScheduleDefinition): string => `schedule-progress:${generation}`;

/** The right to write the progress of a schedule, and what it was when it was taken. */
export interface ScheduleClaim {
  claim: number;
  progress: ScheduleProgress;
}

/** Schedules over the state port: the only place that knows how they are laid out there. */
@Injectable()
export class ScheduleStore {
  constructor(private readonly state: StateStore) {}

  /** @throws {SchedulesError} `SCHEDULE_EXISTS`; {StateError} `STORE_FULL`. */
  async create({ definition, progress }: StoredSchedule, content: ScheduleContent): Promise<void> {
    const { scheduleId, createdAtMs } = definition;
    try {
      await this.state.commit({
        puts: [
          {
            key: scheduleKey(scheduleId),
            fields: toFields({ definition, ...content }),
            ifAbsent: true,
          },
          { key: progressKey(definition), fields: toFields({ progress }) },
        ],
        index: [{ index: INDEX, member: scheduleId, score: createdAtMs }],
      });
    } catch (error) {
      if (!isStateError(error, 'ALREADY_EXISTS')) throw error;
      throw new SchedulesError('SCHEDULE_EXISTS', `there is a schedule ${JSON.stringify(scheduleId)}`, {
        details: { scheduleId },
      });
    }
  }

  count(): Promise<number> {
    return this.state.count(INDEX);
  }

  async find(scheduleId: string): Promise<StoredSchedule | undefined> {
    const fields = await this.state.get(scheduleKey(scheduleId), ['definition']);
    if (fields === undefined) return undefined;
    const definition = fields.definition as unknown as ScheduleDefinition;
    const progress = await this.state.get(progressKey(definition));
    // Deleted in between.
    if (progress === undefined) return undefined;
    return { definition, progress: progress.progress as unknown as ScheduleProgress };
  }

  async content(scheduleId: string): Promise<ScheduleContent | undefined> {
    const fields = await this.state.get(scheduleKey(scheduleId), ['workflow', 'input']);
    return fields as unknown as ScheduleContent | undefined;
  }

  /** By the time of their creation, the newest first unless `order` says otherwise. @throws {StateError} `INVALID_CURSOR`. */
  async list(options: {
    limit?: number;
    cursor?: string;
    order?: 'asc' | 'desc';
  }): Promise<Page<StoredSchedule>> {
    const page = await this.state.list(INDEX, options);
    const found = await Promise.all(page.items.map(({ member }) => this.find(member)));
    return { items: found.filter((stored) => stored !== undefined), nextCursor: page.nextCursor };
  }

  /** Whoever had the claim before can write no more. Undefined when the schedule is gone. */
  async claim(definition: ScheduleDefinition): Promise<ScheduleClaim | undefined> {
    const claimed = await this.state.claimRecord(progressKey(definition));
    if (claimed === undefined) return undefined;
    return { claim: claimed.claim, progress: claimed.fields.progress as unknown as ScheduleProgress };
  }

  /** @returns false, and nothing is written, when the schedule is gone or somebody else has claimed it. */
  advance(definition: ScheduleDefinition, claim: number, progress: ScheduleProgress): Promise<boolean> {
    const key = progressKey(definition);
    return this.#commit({
      fence: { key, claim },
      puts: [{ key, fields: toFields({ progress }), ifPresent: true }],
    });
  }

  /** @returns false, and nothing is removed, when that very schedule is gone or, with a claim, somebody else has claimed it. */
  remove(definition: ScheduleDefinition, claim?: number): Promise<boolean> {
    const { scheduleId } = definition;
    const key = progressKey(definition);
    return this.#commit({
      ...(claim === undefined ? {} : { fence: { key, claim } }),
      // Its progress is there as long as it is; under its id there may be another one by now.
      puts: [{ key, fields: {}, ifPresent: true }],
      deletes: { records: [scheduleKey(scheduleId), key] },
      index: [{ index: INDEX, member: scheduleId, score: null }],
    });
  }

  async #commit(commit: Commit): Promise<boolean> {
    try {
      await this.state.commit(commit);
      return true;
    } catch (error) {
      if (isStateError(error, 'STALE_ATTEMPT') || isStateError(error, 'NOT_FOUND')) return false;
      throw error;
    }
  }
}

/** What is written is JSON by construction; interfaces have no index signature, so the compiler cannot see it. */
function toFields(fields: object): Record<string, JsonValue> {
  return fields as Record<string, JsonValue>;
}
