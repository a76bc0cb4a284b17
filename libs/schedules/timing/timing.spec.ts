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

  it('of cron goes on through the hour that comes twice when it names every hour', () => {
    const halfHourly: Timing = { cron: '*/30 * * * *', timezone: 'Europe/Berlin' };
    expect(times(halfHourly, '2026-10-25T00:00:00Z', 4)).toEqual([
      '2026-10-25T00:30:00.000Z',
      '2026-10-25T01:00:00.000Z',
      '2026-10-25T01:30:00.000Z',
      '2026-10-25T02:00:00.000Z',
    ]);
  });

  it('of cron knows clocks that are put forward and back by half an hour', () => {
    const timezone = 'Australia/Lord_Howe';
    // 02:15 comes as 02:45 on 4 October, behind 02:40; from 5 April on the clocks are at +10:30 again.
    expect(times({ cron: '15,40 2 * * *', timezone }, '2026-10-03T12:00:00Z', 3)).toEqual([
      '2026-10-03T15:40:00.000Z',
      '2026-10-03T15:45:00.000Z',
      '2026-10-04T15:15:00.000Z',
    ]);
    expect(times({ cron: '45 1 * * *', timezone }, '2026-04-03T12:00:00Z', 3)).toEqual([
      '2026-04-03T14:45:00.000Z',
      '2026-04-04T14:45:00.000Z',
      '2026-04-05T15:15:00.000Z',
    ]);
    expect(times({ cron: '0 7 * * *', timezone }, '2026-04-03T12:00:00Z', 2)).toEqual([
      '2026-04-03T20:00:00.000Z',
      '2026-04-04T20:30:00.000Z',
    ]);
    const everyMinute: Timing = { cron: '*/1 */1 2-2 */1 4 *', timezone };
    expect(times(everyMinute, '2039-04-29T16:29:59Z', 1)).toEqual(['2040-03-31T15:30:00.000Z']);
  });

  it('of cron is found from within a skipped time too', () => {
    expect(times({ cron: '* */8 * * *', timezone: 'America/Santiago' }, '2027-09-05T04:17:15Z', 1)).toEqual([
      '2027-09-05T04:18:00.000Z',
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
