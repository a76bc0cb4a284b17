import { parseRetryAfterMs } from './retry-after.js';

describe('parseRetryAfterMs', () => {
  const now = Date.UTC(2026, 0, 1);

  it.each([
    ['0', 0],
    ['120', 120_000],
    [' 3 ', 3_000],
    ['Thu, 01 Jan 2026 00:01:00 GMT', 60_000],
    ['Wed, 31 Dec 2025 23:59:59 GMT', 0],
  ])('reads %p as %p ms', (header, ms) => {
    expect(parseRetryAfterMs(header, now)).toBe(ms);
  });

  it('stays a number that JSON can hold', () => {
    expect(parseRetryAfterMs('9'.repeat(400), now)).toBe(Number.MAX_SAFE_INTEGER);
  });

  it.each([undefined, '', '-5', '1.5', 'soon', '2026-01-01', 'Thu, 99 Foo 2026 00:00:00 GMT'])(
    'takes no time from %p',
    (header) => {
      expect(parseRetryAfterMs(header, now)).toBeUndefined();
    },
  );
});
