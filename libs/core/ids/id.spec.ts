import { MAX_ID_LENGTH, idSchema, newId } from './id.js';

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** The time part, ms since the epoch. */
const timeOf = (id: string): number => Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);

/** Each test starts in a later year than the one before: ids of one process only grow. */
let year = 2100;
const laterMs = (): number => Date.UTC(year++, 0, 1);

function expectGrowing(ids: readonly string[]): void {
  expect([...ids].sort()).toEqual(ids);
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of ids) if (!UUID_V7.test(id)) throw new Error(`not a UUIDv7: ${id}`);
}

describe('newId', () => {
  it('makes a UUIDv7 of the current time', () => {
    const before = Date.now();
    const id = newId();
    expect(id).toMatch(UUID_V7);
    expect(timeOf(id)).toBeGreaterThanOrEqual(before);
    expect(timeOf(id)).toBeLessThanOrEqual(Date.now());
  });

  it('makes 100,000 in a row, all different and in order', () => {
    expectGrowing(Array.from({ length: 100_000 }, () => newId()));
  });

  it('carries the time it is given', () => {
    const nowMs = laterMs();
    expect(timeOf(newId(nowMs))).toBe(nowMs);
  });

  it('counts within one millisecond and runs ahead of it when the 4,096 numbers are used up', () => {
    const nowMs = laterMs();
    const ids = Array.from({ length: 10_000 }, () => newId(nowMs));
    expectGrowing(ids);
    expect(ids.map(timeOf).lastIndexOf(nowMs)).toBe(4_095);
    expect(timeOf(ids[4_096]!)).toBe(nowMs + 1);
    expect(timeOf(ids[9_999]!)).toBe(nowMs + 2);
    expect(timeOf(newId(nowMs + 1_000))).toBe(nowMs + 1_000);
  });

  it('keeps growing when the clock goes back', () => {
    const nowMs = laterMs();
    const ids = [nowMs, nowMs - 60_000, nowMs - 1, nowMs - 3_600_000, 0, -5, nowMs].map((ms) => newId(ms));
    expectGrowing(ids);
    expect(new Set(ids.map(timeOf))).toEqual(new Set([nowMs]));
  });

  it('drops the fraction of a time', () => {
    const nowMs = laterMs();
    const ids = [nowMs + 0.25, nowMs + 0.75, nowMs + 1.5].map((ms) => newId(ms));
    expectGrowing(ids);
    expect(ids.map(timeOf)).toEqual([nowMs, nowMs, nowMs + 1]);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.MAX_SAFE_INTEGER, 2 ** 48])(
    'is not spoilt by a clock that reads %d',
    (ms) => {
      const nowMs = laterMs();
      const ids = [newId(nowMs), newId(ms), newId(nowMs + 1)];
      expectGrowing(ids);
      expect(ids.map(timeOf)).toEqual([nowMs, nowMs, nowMs + 1]);
    },
  );

  it('draws 62 fresh random bits for each, across the refills of its pool', () => {
    const nowMs = laterMs();
    const tails = Array.from({ length: 5_000 }, () => newId(nowMs).slice(19));
    expect(new Set(tails).size).toBe(tails.length);
    // Every hex digit shows every value somewhere; only the first is the variant.
    for (let at = 0; at < tails[0]!.length; at++) {
      const seen = new Set(tails.map((tail) => tail[at]));
      expect(seen.size).toBe(tails[0]![at] === '-' ? 1 : at === 0 ? 4 : 16);
    }
  });
});

describe('idSchema', () => {
  it.each(['a', ' ', '0', '__proto__', 'a/b:c{d}', 'déjà vu', '😀', 'x'.repeat(MAX_ID_LENGTH)])(
    'takes %j',
    (id) => {
      expect(idSchema.parse(id)).toBe(id);
    },
  );

  it.each(['', 'x'.repeat(MAX_ID_LENGTH + 1), 'a\0b', '\ud83d', 'a\udc00', 42, null, undefined])(
    'refuses %j',
    (id) => {
      expect(idSchema.safeParse(id).success).toBe(false);
    },
  );
});
