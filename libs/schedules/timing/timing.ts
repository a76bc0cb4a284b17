import { nextCronTime } from './cron.js';

/** When a schedule fires; one of the three. Times are ms since the epoch. */
export type Timing =
  { cron: string; timezone: string } | { everyMs: number; anchorMs: number } | { at: number };

/**
 * The first time after `afterMs`; undefined when none follows.
 *
 * `everyMs` counts from its anchor and not from the firing before, so that late ones do not add up to a drift.
 */
export function nextTime(timing: Timing, afterMs: number): number | undefined {
  if ('cron' in timing) return nextCronTime(timing.cron, timing.timezone, afterMs);
  if ('at' in timing) return timing.at > afterMs ? timing.at : undefined;
  const { everyMs, anchorMs } = timing;
  const passed = Math.max(0, Math.floor((afterMs - anchorMs) / everyMs));
  return anchorMs + (passed + 1) * everyMs;
}
