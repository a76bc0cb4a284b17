import fc from 'fast-check';
import { MAX_DELAY_MS } from '../clock/clock.js';
import { DEFAULT_RETRY_POLICY, backoffDelayMs, retryPolicySchema } from './retry-policy.js';

/** The greatest number `Math.random` can give. */
const ALMOST_ONE = 1 - 2 ** -53;

const delayMs = fc.integer({ min: 1, max: MAX_DELAY_MS });
const policies = fc.record({
  baseDelayMs: delayMs,
  maxDelayMs: delayMs,
  multiplier: fc.double({ min: 1, max: 100, noNaN: true }),
});
const attempts = fc.integer({ min: 1, max: 10_000 });

describe('backoffDelayMs', () => {
  const policy = { baseDelayMs: 1_000, maxDelayMs: 10_000, multiplier: 2 };

  it('grows by the multiplier up to the longest delay', () => {
    const ceilings = [1, 2, 3, 4, 5, 6].map((attempt) => backoffDelayMs(policy, attempt, () => ALMOST_ONE));
    expect(ceilings).toEqual([1_000, 2_000, 4_000, 8_000, 10_000, 10_000]);
  });

  it('is full jitter: from nothing to the ceiling, evenly', () => {
    const draws = [0, 0.25, 0.5, 0.75, ALMOST_ONE];
    expect(draws.map((draw) => backoffDelayMs(policy, 2, () => draw))).toEqual([0, 500, 1_000, 1_500, 2_000]);
  });

  it('draws from Math.random unless told otherwise', () => {
    const random = jest.spyOn(Math, 'random').mockReturnValue(0.5);
    expect(backoffDelayMs(policy, 1)).toBe(500);
    random.mockRestore();
  });

  it('is always a whole number of milliseconds, never above its ceiling', () => {
    fc.assert(
      fc.property(
        policies,
        attempts,
        fc.double({ min: 0, max: ALMOST_ONE, noNaN: true }),
        (policy, attempt, draw) => {
          const delay = backoffDelayMs(policy, attempt, () => draw);
          const ceiling = Math.min(
            policy.maxDelayMs,
            policy.baseDelayMs * policy.multiplier ** (attempt - 1),
          );
          expect(Number.isInteger(delay)).toBe(true);
          expect(delay).toBeGreaterThanOrEqual(0);
          expect(delay).toBeLessThanOrEqual(ceiling);
        },
      ),
    );
  });

  it('has a ceiling that is reached, never falls and never passes the longest delay', () => {
    fc.assert(
      fc.property(policies, attempts, (policy, attempt) => {
        const ceiling = (at: number) => backoffDelayMs(policy, at, () => ALMOST_ONE);
        expect(ceiling(1)).toBe(Math.min(policy.baseDelayMs, policy.maxDelayMs));
        expect(ceiling(attempt)).toBeLessThanOrEqual(ceiling(attempt + 1));
        expect(ceiling(attempt)).toBeLessThanOrEqual(policy.maxDelayMs);
        expect(backoffDelayMs(policy, attempt, () => 0)).toBe(0);
      }),
    );
  });
});

describe('retryPolicySchema', () => {
  it('fills in the documented defaults', () => {
    expect(DEFAULT_RETRY_POLICY).toEqual({
      maxAttempts: 3,
      baseDelayMs: 1_000,
      maxDelayMs: 10_000,
      multiplier: 2,
    });
    expect(retryPolicySchema.parse({ maxAttempts: 5 })).toEqual({ ...DEFAULT_RETRY_POLICY, maxAttempts: 5 });
  });

  it('has defaults that nobody can change', () => {
    expect(Object.isFrozen(DEFAULT_RETRY_POLICY)).toBe(true);
  });

  it.each([
    { maxAttempts: 1, baseDelayMs: 1, maxDelayMs: 1, multiplier: 1 },
    { maxAttempts: 100, baseDelayMs: MAX_DELAY_MS, maxDelayMs: MAX_DELAY_MS, multiplier: 100 },
    { multiplier: 1.5 },
  ])('takes %j', (policy) => {
    expect(retryPolicySchema.parse(policy)).toMatchObject(policy);
  });

  it.each([
    { maxAttempts: 0 },
    { maxAttempts: 101 },
    { maxAttempts: 1.5 },
    { maxAttempts: Number.NaN },
    { baseDelayMs: 0 },
    { baseDelayMs: MAX_DELAY_MS + 1 },
    { maxDelayMs: 0 },
    { maxDelayMs: Number.POSITIVE_INFINITY },
    { multiplier: 0.9 },
    { multiplier: 101 },
    { multiplier: Number.NaN },
    { retries: 3 },
  ])('refuses %p', (policy) => {
    expect(retryPolicySchema.safeParse(policy).success).toBe(false);
  });
});
