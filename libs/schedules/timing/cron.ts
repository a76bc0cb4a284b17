import { CronExpressionParser, type CronExpression } from 'cron-parser';
import { messageOf } from '#core';
import { ZoneOffsets } from './zone-offsets.js';

/** Longest cron expression, in UTF-16 units. */
export const MAX_CRON_LENGTH = 256;

const FIELD_COUNTS: readonly number[] = [5, 6];

const HOURS_A_DAY = 24;

/** No shift is longer. */
const DAY_MS = 86_400_000;

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
 * A local time that daylight saving skips comes once, as much later as the clocks were put forward; one that comes twice
 * fires at its first, unless the expression names every hour and so means each one that passes.
 */
export function nextCronTime(cron: string, timezone: string, afterMs: number): number {
  return new CronTimes(cron, timezone).firstFrom(afterMs + 1);
}

/**
 * The library looks for times in UTC alone, where each is there once: which moments those of a zone are, it does not
 * know everywhere. Of clocks that are put back by half an hour it finds none at all.
 */
class CronTimes {
  readonly #expression: CronExpression;
  readonly #offsets: ZoneOffsets;
  readonly #isEveryHour: boolean;

  constructor(cron: string, timezone: string) {
    this.#expression = CronExpressionParser.parse(cron, { tz: 'UTC' });
    this.#offsets = new ZoneOffsets(timezone);
    this.#isEveryHour = this.#expression.fields.hour.values.length === HOURS_A_DAY;
  }

  firstFrom(fromMs: number): number {
    let skipped = Infinity;
    const recent = this.#offsets.shiftBetween(fromMs - DAY_MS, fromMs);
    if (recent !== undefined) {
      const endsAtMs = recent.atMs + Math.abs(recent.byMs);
      if (fromMs < endsAtMs && recent.byMs > 0) {
        // For as long as they were put forward, what the clocks of before would show counts as well.
        skipped = this.#firstByClock(recent.offsetBeforeMs, fromMs);
        if (skipped >= endsAtMs) skipped = Infinity;
      } else if (fromMs < endsAtMs && !this.#isEveryHour) return this.firstFrom(endsAtMs);
    }
    const found = this.#firstByClock(this.#offsets.at(fromMs), fromMs);
    const coming = this.#offsets.shiftBetween(fromMs, found);
    return Math.min(skipped, coming === undefined ? found : this.firstFrom(coming.atMs));
  }

  /** As if the zone had that offset for ever. */
  #firstByClock(offsetMs: number, fromMs: number): number {
    this.#expression.reset(new Date(fromMs + offsetMs - 1));
    return this.#expression.next().getTime() - offsetMs;
  }
}

function fieldCount(cron: string): number {
  const text = cron.trim();
  return text === '' ? 0 : text.split(/\s+/).length;
}
