import fc from 'fast-check';
import { SortedIndex, type Rank } from './sorted-index.js';

const byRank = (a: Rank, b: Rank): number =>
  a.score - b.score || (a.member < b.member ? -1 : a.member > b.member ? 1 : 0);

describe('SortedIndex', () => {
  it('agrees with a sorted array while it grows and shrinks over many chunks', () => {
    const operation = fc.oneof(
      fc.record({
        kind: fc.constant('grow' as const),
        count: fc.integer({ min: 1, max: 700 }),
        seed: fc.nat(),
      }),
      fc.record({
        kind: fc.constant('append' as const),
        count: fc.integer({ min: 1, max: 700 }),
        seed: fc.nat(),
      }),
      fc.record({
        kind: fc.constant('shrink' as const),
        count: fc.integer({ min: 1, max: 900 }),
        seed: fc.nat(),
      }),
      fc.record({
        kind: fc.constant('retain' as const),
        count: fc.integer({ min: 1, max: 900 }),
        seed: fc.nat(),
      }),
    );
    fc.assert(
      fc.property(fc.array(operation, { minLength: 1, maxLength: 8 }), (operations) => {
        const index = new SortedIndex();
        const model = new Map<string, number>();
        const sorted = (): Rank[] => [...model].map(([member, score]) => ({ member, score })).sort(byRank);
        for (const { kind, count, seed } of operations) {
          const present = sorted().map(({ member }) => member);
          for (let n = 0; n < count; n++) {
            const random = (seed + n * 7_919) % 10_007;
            if (kind === 'grow' || kind === 'append') {
              const score = kind === 'append' ? 1_000 + n : random % 50;
              index.set(`m${random}`, score);
              model.set(`m${random}`, score);
            } else {
              const member = (kind === 'retain' ? present[n] : present[random % present.length]) ?? 'nobody';
              index.delete(member);
              model.delete(member);
            }
          }
          const expected = sorted();
          expect(index.size).toBe(expected.length);
          expect(index.page('asc', Infinity)).toEqual(expected);
          expect(index.page('desc', Infinity)).toEqual([...expected].reverse());
          const at = seed % (expected.length + 1);
          const after = expected[at];
          if (after === undefined) continue;
          expect(index.page('asc', 5, after)).toEqual(expected.slice(at + 1, at + 6));
          expect(index.page('desc', 5, after)).toEqual(expected.slice(Math.max(0, at - 5), at).reverse());
        }
      }),
      { numRuns: 12 },
    );
  });

  it('pages behind a rank that is not there, before, between and after all others', () => {
    const index = new SortedIndex();
    for (const score of [10, 20, 30]) index.set(`m${score}`, score);
    const scores = (order: 'asc' | 'desc', score: number): number[] =>
      index.page(order, 10, { member: 'x', score }).map((rank) => rank.score);
    expect([scores('asc', 5), scores('asc', 15), scores('asc', 35)]).toEqual([[10, 20, 30], [20, 30], []]);
    expect([scores('desc', 5), scores('desc', 15), scores('desc', 35)]).toEqual([[], [10], [30, 20, 10]]);
    expect(new SortedIndex().page('desc', 10, { member: 'x', score: 1 })).toEqual([]);
  });
});
