import { isDeepStrictEqual } from 'node:util';
import vm from 'node:vm';
import fc from 'fast-check';
import { jsonSnapshot, snapshotDepth } from './json-snapshot.js';
import { nested, throwing } from '../testing/odd-values.js';
import { MAX_JSON_DEPTH, jsonProblems, type JsonValue } from './json.js';

function isDeeplyFrozen(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return Object.isFrozen(value) && Object.values(value).every(isDeeplyFrozen);
}

/** JSON values, and what looks like some. */
const anything = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    { arbitrary: fc.jsonValue(), weight: 6 },
    fc.constantFrom<unknown>(-0, NaN, Infinity, 1n, undefined, Symbol('s'), new Date(0), new Map(), () => 1),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.sparseArray(tie('value'), { maxLength: 4 }),
    fc.dictionary(
      fc.oneof(fc.string(), fc.constantFrom('__proto__', 'toJSON', 'constructor')),
      tie('value'),
      {
        maxKeys: 4,
      },
    ),
    fc.dictionary(fc.string(), tie('value'), { maxKeys: 2 }).map((part) => Object.freeze(part)),
    fc.array(tie('value'), { maxLength: 3 }).map((part) => new Proxy(part, {})),
    tie('value').map((part) => Object.defineProperty({}, 'got', { enumerable: true, get: () => part })),
    tie('value').map((part) => ({ part, [Symbol('key')]: 1 })),
    tie('value').map((part) => vm.runInNewContext('({ part })', { part }) as unknown),
    tie('value').map((part) => jsonSnapshot(part) ?? null),
  ),
})).value;

describe('jsonSnapshot', () => {
  it('is what the JSON text would be read back as, and undefined where jsonProblems finds something', () => {
    fc.assert(
      fc.property(anything, (value) => {
        const snapshot = jsonSnapshot(value);
        if (jsonProblems(value).length > 0) {
          expect(snapshot).toBeUndefined();
          return;
        }
        // Not by Jest's equality, which takes a key `constructor` for the class of its object.
        expect(isDeepStrictEqual(snapshot, JSON.parse(JSON.stringify(value)))).toBe(true);
        expect(JSON.stringify(snapshot)).toBe(JSON.stringify(value));
        expect(isDeeplyFrozen(snapshot)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it.each<[string, unknown]>([
    ['a getter that throws', Object.defineProperty({}, 'b', { enumerable: true, get: throwing })],
    ['a proxy that throws', new Proxy({}, { ownKeys: throwing })],
    [
      'an inherited toJSON',
      Object.setPrototypeOf([1], Object.assign(Object.create(Array.prototype), { toJSON: () => 1 })),
    ],
    ['a __proto__ of its own', JSON.parse('{"a": {"__proto__": {"admin": true}}}')],
    ['too many levels', nested(MAX_JSON_DEPTH + 1)],
    ['a hole', [1, , 3]], // eslint-disable-line no-sparse-arrays
  ])('is undefined of %s', (_what, value) => {
    expect(jsonSnapshot(value)).toBeUndefined();
    expect(jsonSnapshot({ a: [value] })).toBeUndefined();
  });

  it('is undefined of what refers to itself', () => {
    const loop: unknown[] = [];
    loop.push({ loop });
    expect(jsonSnapshot(loop)).toBeUndefined();
  });

  it('takes as many levels as are allowed', () => {
    expect(jsonSnapshot(nested(MAX_JSON_DEPTH))).toEqual(nested(MAX_JSON_DEPTH));
  });

  it('does not follow what it was made of', () => {
    const source = { list: [{ n: 1 }], text: 'a' };
    const snapshot = jsonSnapshot(source);

    source.text = 'b';
    source.list[0] = { n: 2 };

    expect(snapshot).toEqual({ list: [{ n: 1 }], text: 'a' });
  });

  it('leaves its source as it was, free to be changed', () => {
    const source = { list: [1] };
    jsonSnapshot(source);
    source.list.push(2);
    expect(source).toEqual({ list: [1, 2] });
  });

  it('reads each property once: what it checked is what it keeps', () => {
    let reads = 0;
    const shifty = Object.defineProperty({}, 'a', {
      enumerable: true,
      get: () => (reads++ === 0 ? 'sound' : () => 'not JSON'),
    });
    expect(jsonSnapshot(shifty)).toEqual({ a: 'sound' });
    expect(reads).toBe(1);
  });

  it('tells how deep it is nested, and is told from what is only frozen', () => {
    const snapshot = jsonSnapshot({ a: [{ b: 1 }], c: jsonSnapshot([[]]) }) as object;
    expect(snapshotDepth(snapshot)).toBe(3);
    expect(snapshotDepth(jsonSnapshot([]) as object)).toBe(1);
    expect(snapshotDepth(Object.freeze([]))).toBe(0);
  });

  it('is made once: a snapshot is its own, and is shared where it is a part', () => {
    const input = jsonSnapshot({ a: { b: [1] } });
    expect(jsonSnapshot(input)).toBe(input);
    const whole = jsonSnapshot({ id: 'x', inputs: [input] }) as { inputs: unknown[] };
    expect(whole.inputs[0]).toBe(input);
  });

  it.each<[string, (snapshot: object) => object]>([
    ['a frozen look-alike', (snapshot) => Object.freeze({ ...snapshot })],
    ['a proxy of one', (snapshot) => new Proxy(snapshot, {})],
    ['an heir of one', (snapshot) => Object.create(snapshot) as object],
  ])('does not take %s for one', (_what, imitate) => {
    const snapshot = jsonSnapshot({ a: 1 }) as object;
    const other = imitate(snapshot);
    expect(jsonSnapshot(other)).not.toBe(other);
  });

  it('counts the levels of a snapshot that is a part', () => {
    const part = jsonSnapshot(nested(MAX_JSON_DEPTH - 1));
    expect(jsonSnapshot([part])).toBeDefined();
    expect(jsonSnapshot([[part]])).toBeUndefined();
    expect(jsonSnapshot({ a: jsonSnapshot([part]), b: part })).toBeUndefined();
  });

  it('counts the values of one: what doubles at every level ends before it is too large to be walked', () => {
    let value: JsonValue | undefined = [0];
    for (let i = 0; i < 40 && value !== undefined; i++) value = jsonSnapshot([value, value]);
    expect(value).toBeUndefined();
  });

  it.each<[string, () => unknown]>([
    ['numbers', () => Array.from({ length: 1_000_000 }, (_, i) => i)],
    ['keys', () => Object.fromEntries(Array.from({ length: 250_000 }, (_, at) => [`key ${at}`, at]))],
  ])('takes very many %s, where quadratic time would be no end', (_kind, make) => {
    const value = make();
    expect(isDeepStrictEqual(jsonSnapshot(value), value)).toBe(true);
  });
});
