import * as fc from 'fast-check';
import { Re2RegExp, compileRe2 } from './re2-regexp.js';

/** Every match as a global RegExp finds them, empty ones stepped over. */
function allMatches(
  engine: { lastIndex: number; exec(text: string): (ArrayLike<unknown> & { index: number }) | null },
  text: string,
) {
  const found: unknown[] = [];
  for (let match = engine.exec(text); match !== null; match = engine.exec(text)) {
    found.push([match.index, engine.lastIndex, ...Array.from(match)]);
    if (match[0] === '') engine.lastIndex++;
  }
  return { found, lastIndex: engine.lastIndex };
}

describe('Re2RegExp', () => {
  it.each([
    /a/g,
    /(a)(b)?/g,
    /x*/g,
    /^a/g,
    /a$/g,
    /^b/gm,
    /AB/gi,
    /(?<word>\w+)/g,
    /[^]/g,
    /\bfoo\b/g,
    /a|(b)/g,
    /\//g,
    /\u0061/g,
  ])('finds what a RegExp finds: %s', (pattern) => {
    for (const text of ['', 'a', 'abab', 'aab\nba', 'foo food/foo', 'ABab', 'zzz']) {
      expect(allMatches(new Re2RegExp(pattern), text)).toEqual(allMatches(new RegExp(pattern), text));
    }
  });

  it('finds what a RegExp finds in any text', () => {
    const pattern = /(a+)(b?)|c(d)/g;
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'd', '\n', '😀') }), (text) => {
        expect(allMatches(new Re2RegExp(pattern), text)).toEqual(allMatches(new RegExp(pattern), text));
      }),
    );
  });

  it('begins anew after the last match', () => {
    const engine = new Re2RegExp(/a/g);
    expect([engine.exec('ba')?.index, engine.lastIndex]).toEqual([1, 2]);
    expect([engine.exec('ba'), engine.lastIndex]).toEqual([null, 0]);
    engine.lastIndex = 9;
    expect([engine.exec('ba'), engine.lastIndex]).toEqual([null, 0]);
  });

  it('matches strings only', () => {
    expect(() => new Re2RegExp(/a/g).exec(1)).toThrow(TypeError);
  });

  it.each([/(?=a)/, /(?!a)/, /(?<=a)b/, /(?<!a)b/, /(a)\1/])(
    'refuses %s, which has no linear-time match',
    (pattern) => {
      expect(() => compileRe2(pattern)).toThrow();
    },
  );
});
