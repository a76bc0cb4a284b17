import { z } from 'zod';
import { durationMsSchema } from '../clock/duration.js';

/** How often and how far apart failing work is tried again. */
export const retryPolicySchema = z.strictObject({
  maxAttempts: z
    .int()
    .min(1)
    .max(100)
    .default(3)
    .describe('How often the work is tried in all, the first time included.'),
  baseDelayMs: durationMsSchema.default(1_000).describe('The upper end of the first delay.'),
  maxDelayMs: durationMsSchema.default(10_000).describe('No delay is longer.'),
  multiplier: z
    .number()
    .min(1)
    .max(100)
    .default(2)
    .describe('Growth of the upper end from one attempt to the next.'),
});

export type RetryPolicy = z.output<typeof retryPolicySchema>;
export type RetryPolicyInput = z.input<typeof retryPolicySchema>;

export const DEFAULT_RETRY_POLICY: Readonly<RetryPolicy> = Object.freeze(retryPolicySchema.parse({}));

/**
 * The wait after failed attempt number `attempt` (1-based), whole ms: uniform in 0..min(maxDelayMs, baseDelayMs × multiplier^(attempt-1)).
 *
 * "Full jitter" of Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015: of the variants
 * compared there the one with the least work and the least time under contention.
 */
export function backoffDelayMs(
  policy: Pick<RetryPolicy, 'baseDelayMs' | 'maxDelayMs' | 'multiplier'>,
  attempt: number,
  random: () => number = Math.random,
): number {
  const ceiling = Math.floor(
    Math.min(policy.maxDelayMs, policy.baseDelayMs * policy.multiplier ** (attempt - 1)),
  );
  return Math.floor(random() * (ceiling + 1));
}
