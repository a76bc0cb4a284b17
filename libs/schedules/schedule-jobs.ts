import { Injectable } from '@nestjs/common';
import { Clock } from '#core';
import { QueueDriver, type JobQueue } from '#queue';
import type { ScheduleDefinition } from './stored-schedule.js';
import { wakeTime } from './timing/wake-time.js';

/** Says when to look at a schedule again; what is to be done then, its record says. */
export interface WakeUp {
  scheduleId: string;
  generation: string;
  wakeAtMs: number;
  /** 0, and one more each time that it came before its time, by clocks that differ or were set back. */
  round: number;
}

/** The queue of wake-ups. */
export const SCHEDULES_QUEUE = 'schedules';

/** How often a firing is tried that fails for a reason that may go away: a full queue, a backend out of reach. */
const ATTEMPTS = 6;

/** Together about a minute at most. */
const BACKOFF = { baseDelayMs: 1_000, maxDelayMs: 30_000, multiplier: 2 };

/** Wake-ups on their way through the queue: every schedule has one, and each leads to the next. */
@Injectable()
export class ScheduleJobs {
  readonly queue: JobQueue<WakeUp>;

  constructor(
    driver: QueueDriver,
    private readonly clock: Clock,
  ) {
    this.queue = driver.queue<WakeUp>(SCHEDULES_QUEUE, {
      // `maxSchedules` keeps the bound: refusing here would come too late.
      maxDepth: Number.MAX_SAFE_INTEGER,
      // A job that ended has nothing more to tell, and one that failed must not stand in the way of its repetition.
      retention: { maxAgeMs: 0, maxCount: 0 },
    });
  }

  /**
   * Sees to it that the schedule is woken at its next time. Whoever asks, and however often: it is one job.
   * @param current the wake-up that is being handled, whose id is taken.
   */
  async plan(
    { scheduleId, generation }: ScheduleDefinition,
    nextAtMs: number,
    current?: WakeUp,
  ): Promise<void> {
    const now = this.clock.now();
    const wakeAtMs = wakeTime(nextAtMs, now);
    const round = current?.wakeAtMs === wakeAtMs ? current.round + 1 : 0;
    await this.queue.enqueue(
      { scheduleId, generation, wakeAtMs, round },
      {
        id: jobId(generation, wakeAtMs, round),
        delayMs: Math.max(0, wakeAtMs - now),
        attempts: ATTEMPTS,
        backoff: BACKOFF,
      },
    );
  }

  /** Whether the job that {@link plan} would add is there. */
  async isPlanned({ generation }: ScheduleDefinition, nextAtMs: number): Promise<boolean> {
    const wakeAtMs = wakeTime(nextAtMs, this.clock.now());
    return (await this.queue.get(jobId(generation, wakeAtMs, 0))) !== undefined;
  }

  /** Forgets the next wake-up of a schedule that is gone. @throws {QueueError} `JOB_STATE_CONFLICT` when it is under way. */
  forget({ generation }: ScheduleDefinition, nextAtMs: number): Promise<void> {
    return this.queue.remove(jobId(generation, wakeTime(nextAtMs, this.clock.now()), 0));
  }
}

/** Short whatever the id of the schedule, which may be as long as an id can be. */
function jobId(generation: string, wakeAtMs: number, round: number): string {
  const id = `${generation}.${wakeAtMs}`;
  return round === 0 ? id : `${id}.${round}`;
}
