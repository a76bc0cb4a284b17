import { nextTime, type Timing } from './timing.js';

const ms = (iso: string): number => Date.parse(iso);

/** The times that follow, as ISO 8601. */
function times(timing: Timing, after: string, count: number): string[] {
  const found: string[] = [];
  let last = ms(after);
  while (found.length < count) {
    last = nextTime(timing, last)!;
    found.push(new Date(last).toISOString());
  }
  return found;
}

describe('nextTime', () => {
  it('of cron is in UTC unless told otherwise, and takes seconds as a sixth field', () => {
    expect(times({ cron: '0 9 * * MON-FRI', timezone: 'UTC' }, '2026-01-02T09:00:00Z', 2)).toEqual([
      '2026-01-05T09:00:00.000Z',
      '2026-01-06T09:00:00.000Z',
    ]);
    expect(times({ cron: '*/20 * * * * *', timezone: 'UTC' }, '2026-01-01T00:00:19.999Z', 2)).toEqual([
      '2026-01-01T00:00:20.000Z',
      '2026-01-01T00:00:40.000Z',
    ]);
  });

  it('of cron stays at the local time when daylight saving begins and ends', () => {
    const daily: Timing = { cron: '0 9 * * *', timezone: 'Europe/Berlin' };
    expect(times(daily, '2026-03-27T12:00:00Z', 2)).toEqual([
      '2026-03-28T08:00:00.000Z',
      '2026-03-29T07:00:00.000Z',
    ]);
    expect(times(daily, '2026-10-23T12:00:00Z', 2)).toEqual([
      '2026-10-24T07:00:00.000Z',
      '2026-10-25T08:00:00.000Z',
    ]);
  });

  it('of cron fires once at a local time that does not come, and once at one that comes twice', () => {
    const atHalfPastTwo: Timing = { cron: '30 2 * * *', timezone: 'Europe/Berlin' };
    expect(times(atHalfPastTwo, '2026-03-28T12:00:00Z', 2)).toEqual([
      '2026-03-29T01:30:00.000Z',
      '2026-03-30T00:30:00.000Z',
    ]);
    expect(times(atHalfPastTwo, '2026-10-24T12:00:00Z', 2)).toEqual([
      '2026-10-25T00:30:00.000Z',
      '2026-10-26T01:30:00.000Z',
    ]);
  });

  it('of a period counts from its anchor, whenever it is asked', () => {
    const timing: Timing = { everyMs: 1_000, anchorMs: 500 };
    expect([0, 500, 1_499, 1_500, 1_501, 98_700].map((after) => nextTime(timing, after))).toEqual([
      1_500, 1_500, 1_500, 2_500, 2_500, 99_500,
    ]);
  });

  it('of a single time is that one, until it has come', () => {
    expect(nextTime({ at: 5 }, 4)).toBe(5);
    expect(nextTime({ at: 5 }, 5)).toBeUndefined();
  });
});
