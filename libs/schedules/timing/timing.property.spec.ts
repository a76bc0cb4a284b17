import fc from 'fast-check';
import { MAX_DELAY_MS } from '#core';
import { nextTime, type Timing } from './timing.js';
import { wakeTime } from './wake-time.js';

const field = (min: number, max: number): fc.Arbitrary<string> => {
  const value = fc.integer({ min, max });
  return fc.oneof(
    fc.constant('*'),
    value.map(String),
    fc.integer({ min: 1, max: max - min }).map((step) => `*/${step}`),
    fc.tuple(value, value).map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`),
  );
};

const cron = fc
  .tuple(field(0, 59), field(0, 59), field(0, 23), field(1, 28), field(1, 12), field(0, 6))
  .map((fields) => fields.join(' '));
const timezone = fc.constantFrom(
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'Asia/Kathmandu',
  'Australia/Lord_Howe',
);
const anyTime = fc.integer({ min: Date.UTC(1990, 0), max: Date.UTC(2090, 0) });
/** About a night in which clocks are put forward or back, in one of the zones. */
const nightOfShift = fc
  .tuple(
    fc.constantFrom('2026-03-08', '2026-03-29', '2026-04-05', '2026-10-04', '2026-10-25', '2026-11-01'),
    fc.integer({ min: -86_400_000, max: 86_400_000 }),
  )
  .map(([day, ms]) => Date.parse(day) + ms);
const time = fc.oneof(anyTime, nightOfShift);
const timing: fc.Arbitrary<Timing> = fc.oneof(
  fc.record({ cron, timezone }),
  fc.record({ everyMs: fc.integer({ min: 1_000, max: 31_622_400_000 }), anchorMs: time }),
);

describe('nextTime', () => {
  it('is after what it is asked for, grows strictly, and leaves no time out', () => {
    fc.assert(
      fc.property(timing, time, (of, after) => {
        const first = nextTime(of, after)!;
        const second = nextTime(of, first)!;
        expect(first).toBeGreaterThan(after);
        expect(second).toBeGreaterThan(first);
        // Whoever asks at any moment in between is told the same.
        expect(nextTime(of, first - 1)).toBe(first);
        expect(nextTime(of, first + Math.floor((second - 1 - first) / 2))).toBe(second);
      }),
      // Shrinking would have no bound, and the first counterexample is short enough.
      { numRuns: 200, endOnFailure: true },
    );
  });
});

describe('wakeTime', () => {
  it('is within the longest delay, and leads to its end by the same few steps from wherever one looks', () => {
    fc.assert(
      fc.property(time, fc.integer({ min: 0, max: 8 * 366 * 86_400_000 }), (at, ahead) => {
        let now = at - ahead;
        for (let steps = 0; now < at; steps++) {
          const wake = wakeTime(at, now);
          expect(steps).toBeLessThan(130);
          expect(wake).toBeGreaterThan(now);
          expect(wake - now).toBeLessThanOrEqual(MAX_DELAY_MS);
          expect(wakeTime(at, now + Math.floor((wake - 1 - now) / 2))).toBe(wake);
          now = wake;
        }
        expect(now).toBe(at);
      }),
      { numRuns: 50, endOnFailure: true },
    );
  });

  it('of a time that has passed is that time', () => {
    expect(wakeTime(1_000, 5_000)).toBe(1_000);
  });
});
