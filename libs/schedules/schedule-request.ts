import { z } from 'zod';
import {
  durationMsSchema,
  idSchema,
  jsonProblems,
  jsonSnapshot,
  parseShape,
  isPlainObject,
  type JsonValue,
  type Problem,
} from '#core';
import { MAX_PRIORITY, MIN_PRIORITY } from '#queue';
import { MISSED_POLICIES } from './schedule.js';
import { MAX_CRON_LENGTH, cronProblem } from './timing/cron.js';
import { DEFAULT_TIMEZONE, MAX_TIMEZONE_LENGTH, isTimezone } from './timing/timezone.js';
import type { Timing } from './timing/timing.js';

/** Shortest period of a schedule. */
const MIN_EVERY_MS = 1_000;

/** Longest period: a leap year. */
const MAX_EVERY_MS = 31_622_400_000;

/** Latest time: the end of the year 9999, as far as ISO 8601 goes with four digits. */
const MAX_TIME_MS = 253_402_300_799_999;

const TIMINGS = ['cron', 'everyMs', 'at'] as const;

const cronSchema = z
  .string()
  .max(MAX_CRON_LENGTH, { abort: true })
  .superRefine((cron, context) => {
    const message = cronProblem(cron);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  });

/** The workflow and the input are checked where they are submitted; see `WorkflowSchedules.create`. */
export const scheduleRequestSchema = z.strictObject({
  id: idSchema.optional().describe('Of the schedule. Default: a new UUID.'),
  cron: cronSchema
    .optional()
    .describe('Minute, hour, day of month, month, day of week; with six fields, seconds first.'),
  everyMs: z
    .int()
    .min(MIN_EVERY_MS)
    .max(MAX_EVERY_MS)
    .optional()
    .describe('The period, counted from the creation of the schedule.'),
  at: z
    .union([z.iso.datetime({ offset: true }), z.int().min(0).max(MAX_TIME_MS)])
    .optional()
    .describe('The only time, ISO 8601 with `Z` or an offset, or ms since 1970. It must be in the future.'),
  timezone: z
    .string()
    .max(MAX_TIMEZONE_LENGTH, { abort: true })
    .refine(isTimezone, 'must be the name of a time zone of the IANA database')
    .optional()
    .describe(
      `In which \`cron\` is read, by its name in the IANA database. Default: \`${DEFAULT_TIMEZONE}\`.`,
    ),
  workflow: z.unknown().optional().describe('The workflow document that is submitted each time.'),
  input: z.unknown().optional().describe('What expressions see as $input. Any JSON value.'),
  priority: z
    .int()
    .min(MIN_PRIORITY)
    .max(MAX_PRIORITY)
    .optional()
    .describe('Of the executions: 0..10, 10 first.'),
  timeoutMs: durationMsSchema.optional().describe('Of each execution, counted from its start.'),
  missed: z
    .enum(MISSED_POLICIES)
    .default('run-once')
    .describe('Of firings that nobody was there for: one execution for all of them, or none.'),
});

/** What a schedule is made of: one of `cron`, `everyMs` and `at`, and what to submit. */
export type ScheduleRequest = Omit<z.input<typeof scheduleRequestSchema>, 'input'> & { input?: JsonValue };

export type ParsedSchedule = Omit<
  z.output<typeof scheduleRequestSchema>,
  'cron' | 'everyMs' | 'at' | 'timezone' | 'input'
> & { timing: Timing; input: JsonValue };

/** All that is wrong with a request but its workflow, or what it means. */
export function parseScheduleRequest(
  request: unknown,
  nowMs: number,
): { schedule: ParsedSchedule } | { problems: readonly Problem[] } {
  const given = isPlainObject(request) ? request : {};
  const problems = [...choiceProblems(given)];
  const input = given.input === undefined ? EMPTY_INPUT : jsonSnapshot(given.input);
  if (input === undefined) problems.push(...jsonProblems(given.input, ['input']));
  const parsed = parseShape(scheduleRequestSchema, request);
  if ('problems' in parsed) return { problems: [...parsed.problems, ...problems] };
  const { cron, everyMs, at, timezone, ...rest } = parsed.data;
  const timing = timingOf({ cron, everyMs, at, timezone }, nowMs);
  if (timing !== undefined && 'at' in timing && timing.at <= nowMs) {
    problems.push({ path: 'at', message: 'must be in the future' });
  }
  if (problems.length > 0 || timing === undefined || input === undefined) return { problems };
  return { schedule: { ...rest, timing, input } };
}

const EMPTY_INPUT: JsonValue = Object.freeze({});

function* choiceProblems(given: Readonly<Record<string, unknown>>): Generator<Problem> {
  const [first, ...others] = TIMINGS.filter((name) => given[name] !== undefined);
  if (first === undefined) yield { path: '', message: 'one of cron, everyMs and at is needed' };
  for (const path of others) yield { path, message: `cannot be given together with ${first ?? ''}` };
  if (given.timezone !== undefined && given.cron === undefined) {
    yield { path: 'timezone', message: 'is of use with cron alone' };
  }
}

function timingOf(
  { cron, everyMs, at, timezone = DEFAULT_TIMEZONE }: Partial<z.output<typeof scheduleRequestSchema>>,
  nowMs: number,
): Timing | undefined {
  if (cron !== undefined) return { cron, timezone };
  if (everyMs !== undefined) return { everyMs, anchorMs: nowMs };
  if (at === undefined) return undefined;
  return { at: typeof at === 'number' ? at : Date.parse(at) };
}
