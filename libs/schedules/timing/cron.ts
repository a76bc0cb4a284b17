import { CronExpressionParser } from 'cron-parser';
import { messageOf } from '#core';

/** Longest cron expression, in UTF-16 units. */
export const MAX_CRON_LENGTH = 256;

const FIELD_COUNTS: readonly number[] = [5, 6];

/** A letter of Jenkins that stands for a random number: each instance would draw its own. */
const RANDOM_FIELD = /(?:^|[\s,])H/;

/** What is wrong with an expression; undefined when it fires some day. */
export function cronProblem(cron: string): string | undefined {
  if (!FIELD_COUNTS.includes(fieldCount(cron))) {
    return 'must have five fields (minute, hour, day of month, month, day of week), or six, the seconds first';
  }
  if (RANDOM_FIELD.test(cron)) return 'must not have random fields (H)';
  try {
    CronExpressionParser.parse(cron, { tz: 'UTC', currentDate: new Date(0) }).next();
  } catch (error) {
    return messageOf(error);
  }
  return undefined;
}

/**
 * The first time after `afterMs` that fits an expression that was checked.
 *
 * A local time that daylight saving skips fires once, at what the clocks show instead; one that comes twice fires at its
 * first.
 */
export function nextCronTime(cron: string, timezone: string, afterMs: number): number {
  const times = CronExpressionParser.parse(cron, { tz: timezone, currentDate: new Date(afterMs) });
  return times.next().getTime();
}

function fieldCount(cron: string): number {
  const text = cron.trim();
  return text === '' ? 0 : text.split(/\s+/).length;
}
