import { DEFAULT_PAGE_LIMIT, MAX_PAGE_LIMIT, pageLimitSchema } from './page.js';

describe('pageLimitSchema', () => {
  it.each([1, 2, MAX_PAGE_LIMIT])('takes %d', (limit) => {
    expect(pageLimitSchema.parse(limit)).toBe(limit);
  });

  it('has a default', () => {
    expect(pageLimitSchema.parse(undefined)).toBe(DEFAULT_PAGE_LIMIT);
  });

  it.each([0, -1, 1.5, MAX_PAGE_LIMIT + 1, Number.NaN, Number.POSITIVE_INFINITY, '10', null])(
    'refuses %p',
    (limit) => {
      expect(pageLimitSchema.safeParse(limit).success).toBe(false);
    },
  );
});
