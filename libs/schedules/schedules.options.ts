import { z } from 'zod';
import { durationMsSchema } from '#core';

export const schedulesOptionsSchema = z.strictObject({
  maxSchedules: z
    .int()
    .min(1)
    .max(100_000)
    .default(1_000)
    .describe('Schedules that there may be; the next is refused with SCHEDULES_FULL.'),
  maxLateMs: durationMsSchema
    .default(60_000)
    .describe('How late a firing of a schedule with `missed: skip` may be before it counts as missed.'),
});

export type SchedulesOptions = z.output<typeof schedulesOptionsSchema>;
export type SchedulesOptionsInput = z.input<typeof schedulesOptionsSchema>;

export const SCHEDULES_OPTIONS = Symbol('nest-orchestra.schedules.options');
