import fc from 'fast-check';
import { jsonProblems } from '#core';
import { toJsonText } from './json-text.js';

describe('toJsonText', () => {
  it('has a text for exactly those values in which jsonProblems finds nothing', () => {
    const odd = fc.constantFrom<unknown>(
      undefined,
      NaN,
      Infinity,
      -0,
      1n,
      new Date(0),
      new Map(),
      () => 1,
      Symbol('s'),
    );
    const { value } = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        { arbitrary: fc.jsonValue(), weight: 5 },
        { arbitrary: odd, weight: 1 },
        { arbitrary: fc.array(tie('value')), weight: 3 },
        {
          arbitrary: fc.dictionary(fc.oneof(fc.string(), fc.constant('__proto__')), tie('value')),
          weight: 3,
        },
      ),
    }));
    fc.assert(
      fc.property(value, (any) => {
        const text = toJsonText(any);
        expect(text === undefined).toBe(jsonProblems(any).length > 0);
        if (text !== undefined) expect(text).toBe(JSON.stringify(any));
      }),
      { numRuns: 150 },
    );
  });
});
