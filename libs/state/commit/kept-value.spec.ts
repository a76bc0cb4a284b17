import fc from 'fast-check';
import { jsonProblems } from '#core';
import { fromKept, toKept } from './kept-value.js';

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(value).forEach(freeze);
  return Object.freeze(value);
}

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
const { value: anything } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    { arbitrary: fc.jsonValue(), weight: 5 },
    { arbitrary: fc.jsonValue().map(freeze), weight: 3 },
    { arbitrary: odd, weight: 1 },
    { arbitrary: fc.array(tie('value')), weight: 3 },
    { arbitrary: fc.array(tie('value')).map((items) => Object.freeze(items)), weight: 1 },
    { arbitrary: fc.dictionary(fc.oneof(fc.string(), fc.constant('__proto__')), tie('value')), weight: 3 },
  ),
}));

/** Changes everything that can be changed. */
function spoil(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  Object.values(value).forEach(spoil);
  if (!Object.isFrozen(value)) Object.assign(value, Array.isArray(value) ? ['spoilt'] : { spoilt: true });
}

describe('kept values', () => {
  it('are those values in which jsonProblems finds nothing, as JSON brings them back', () => {
    fc.assert(
      fc.property(anything, (value) => {
        const kept = toKept(value);
        expect(kept === undefined).toBe(jsonProblems(value).length > 0);
        if (kept === undefined) return;
        const text = JSON.stringify(value);
        expect(JSON.stringify(kept)).toBe(text);
        expect(JSON.stringify(fromKept(kept))).toBe(text);
      }),
      { numRuns: 300 },
    );
  });

  it('are changed neither by who wrote nor by who reads them', () => {
    fc.assert(
      fc.property(anything, (value) => {
        const kept = toKept(value);
        if (kept === undefined) return;
        const text = JSON.stringify(kept);
        spoil(value);
        expect(JSON.stringify(kept)).toBe(text);
        spoil(fromKept(kept));
        expect(JSON.stringify(kept)).toBe(text);
      }),
      { numRuns: 300 },
    );
  });

  it('are shared when they are frozen all the way down, and only then', () => {
    const shared = freeze({ steps: [{ id: 'a' }] });
    expect(toKept({ document: shared })).toEqual({ document: shared });
    expect((toKept({ document: shared }) as { document: unknown }).document).toBe(shared);
    expect(fromKept(toKept(shared) ?? null)).toBe(shared);
    const shallow = Object.freeze({ steps: [{ id: 'a' }] });
    expect(toKept(shallow)).not.toBe(shallow);
  });

  it('are what a getter gave when it was looked at', () => {
    let calls = 0;
    const value = {
      get odd() {
        return calls++ === 0 ? 'text' : undefined;
      },
    };
    expect(toKept(value)).toEqual({ odd: 'text' });
  });
});
