import { delayMsSchema, durationMsSchema } from './duration.js';

describe('times in options', () => {
  const MAX = 2_147_483_647;

  it.each([1, 1_500, MAX])('take %p ms', (ms) => {
    expect(durationMsSchema.parse(ms)).toBe(ms);
    expect(delayMsSchema.parse(ms)).toBe(ms);
  });

  it('let a delay be none, but not a duration', () => {
    expect(delayMsSchema.parse(0)).toBe(0);
    expect(durationMsSchema.safeParse(0).success).toBe(false);
  });

  it.each([-1, 1.5, NaN, Infinity, MAX + 1, '5', null])('refuse %p', (ms) => {
    expect(durationMsSchema.safeParse(ms).success).toBe(false);
    expect(delayMsSchema.safeParse(ms).success).toBe(false);
  });
});
