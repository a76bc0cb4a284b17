import fc from 'fast-check';
import { Indexes } from './indexes.js';
import type { Rank } from '../paging/index-cursor.js';

const byRank = (a: Rank, b: Rank): number =>
  a.score - b.score || (a.member < b.member ? -1 : a.member > b.member ? 1 : 0);

describe('Indexes', () => {
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
        const index = new Indexes();
        const model = new Map<string, number>();
        const sorted = (): Rank[] => [...model].map(([member, score]) => ({ member, score })).sort(byRank);
        for (const { kind, count, seed } of operations) {
          const present = sorted().map(({ member }) => member);
          for (let n = 0; n < count; n++) {
            const random = (seed + n * 7_919) % 10_007;
            if (kind === 'grow' || kind === 'append') {
              const score = kind === 'append' ? 1_000 + n : random % 50;
              index.set('i', `m${random}`, score);
              model.set(`m${random}`, score);
            } else {
              const member = (kind === 'retain' ? present[n] : present[random % present.length]) ?? 'nobody';
              index.delete('i', member);
              model.delete(member);
            }
          }
          const expected = sorted();
          expect(index.count('i')).toBe(expected.length);
          expect(index.page('i', 'asc', Infinity)).toEqual(expected);
          expect(index.page('i', 'desc', Infinity)).toEqual([...expected].reverse());
          const at = seed % (expected.length + 1);
          const after = expected[at];
          if (after === undefined) continue;
          expect(index.page('i', 'asc', 5, after)).toEqual(expected.slice(at + 1, at + 6));
          expect(index.page('i', 'desc', 5, after)).toEqual(
            expected.slice(Math.max(0, at - 5), at).reverse(),
          );
        }
      }),
      { numRuns: 12 },
    );
  });

  it('keep the places of members in several indexes apart', () => {
    const move = fc.record({
      name: fc.constantFrom('i', 'j', 'k'),
      member: fc.constantFrom('a', 'b', 'c'),
      score: fc.option(fc.integer({ min: 0, max: 3 })),
    });
    fc.assert(
      fc.property(fc.array(move, { maxLength: 40 }), (moves) => {
        const indexes = new Indexes();
        const model = new Map<string, Map<string, number>>();
        for (const { name, member, score } of moves) {
          const members = model.get(name) ?? new Map<string, number>();
          model.set(name, members);
          if (score === null) {
            indexes.delete(name, member);
            members.delete(member);
          } else {
            indexes.set(name, member, score);
            members.set(member, score);
          }
        }
        for (const [name, members] of model) {
          const expected = [...members].map(([member, score]) => ({ member, score })).sort(byRank);
          expect(indexes.page(name, 'asc', 10)).toEqual(expected);
          expect([indexes.count(name), indexes.hasIndex(name)]).toEqual([members.size, members.size > 0]);
          for (const member of ['a', 'b', 'c']) expect(indexes.has(name, member)).toBe(members.has(member));
        }
        indexes.clear();
        expect(indexes.size).toBe(0);
      }),
    );
  });

  it('pages behind a rank that is not there, before, between and after all others', () => {
    const index = new Indexes();
    for (const score of [10, 20, 30]) index.set('i', `m${score}`, score);
    const scores = (order: 'asc' | 'desc', score: number): number[] =>
      index.page('i', order, 10, { member: 'x', score }).map((rank) => rank.score);
    expect([scores('asc', 5), scores('asc', 15), scores('asc', 35)]).toEqual([[10, 20, 30], [20, 30], []]);
    expect([scores('desc', 5), scores('desc', 15), scores('desc', 35)]).toEqual([[], [10], [30, 20, 10]]);
    expect(new Indexes().page('i', 'desc', 10, { member: 'x', score: 1 })).toEqual([]);
  });
});
