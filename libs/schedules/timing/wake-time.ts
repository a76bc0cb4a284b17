import { MAX_DELAY_MS } from '#core';

/**
 * When to wake for what is to happen at `atMs`: then, or, where no delay is that long, at a step on the way.
 *
 * The steps are counted back from `atMs`, so that whoever asks, and whenever, gets one of the same few moments.
 */
export function wakeTime(atMs: number, nowMs: number): number {
  const steps = Math.ceil((atMs - nowMs) / MAX_DELAY_MS) - 1;
  return atMs - Math.max(0, steps) * MAX_DELAY_MS;
}
