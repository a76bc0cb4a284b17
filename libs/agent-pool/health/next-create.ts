import { backoffDelayMs } from '#core';

/** The waits between failing creates: full jitter below 500 ms, 1 s, 2 s, ... 30 s. */
export const CREATE_BACKOFF = Object.freeze({ baseDelayMs: 500, maxDelayMs: 30_000, multiplier: 2 });

/** A quarantine is up to this part longer, so that agents that failed together do not come back together. */
const QUARANTINE_JITTER = 1 / 4;

/** When an agent that failed is made next. */
export interface NextCreate {
  retryInMs: number;
  quarantined: boolean;
}

/** @param failures so far, this one included; more than `allowed` lead to a quarantine. */
export function nextCreate(failures: number, allowed: number, quarantineMs: number): NextCreate {
  if (failures <= allowed) return { retryInMs: backoffDelayMs(CREATE_BACKOFF, failures), quarantined: false };
  return {
    retryInMs: Math.floor(quarantineMs * (1 + QUARANTINE_JITTER * Math.random())),
    quarantined: true,
  };
}
