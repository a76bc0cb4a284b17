import vm from 'node:vm';
import fc from 'fast-check';
import { z } from 'zod';
import { ValidationError } from '../errors/validation-error.js';
import { parseOptions } from '../options/parse-options.js';
import { jsonValueSchema } from './json-schema.js';
import { nested, throwing } from '../testing/odd-values.js';
import { MAX_JSON_DEPTH, isPlainObject, jsonProblems } from './json.js';

function withoutMinusZero(value: unknown): unknown {
  if (value === 0) return 0;
  if (Array.isArray(value)) return value.map(withoutMinusZero);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withoutMinusZero(item)]));
}

describe('jsonProblems', () => {
  describe('finds nothing', () => {
    it('in any JSON value, and that comes back from JSON as it was, but for -0', () => {
      fc.assert(
        fc.property(fc.jsonValue({ maxDepth: 8 }), (value) => {
          const dropsProto = JSON.stringify(value).includes('"__proto__":');
          fc.pre(!dropsProto);
          expect(jsonProblems(value)).toEqual([]);
          expect(JSON.parse(JSON.stringify(value))).toStrictEqual(withoutMinusZero(value));
        }),
      );
    });

    it.each<[string, unknown]>([
      ['the extremes of a number', [Number.MAX_VALUE, Number.MIN_VALUE, Number.MAX_SAFE_INTEGER, -1e-300]],
      ['empty things', ['', {}, []]],
      ['an object without a prototype', Object.assign(Object.create(null), { a: 1 })],
      ['a plain object of another realm', vm.runInNewContext('({ a: [{ b: 1 }] })')],
      [
        'keys that only look dangerous',
        { constructor: 1, prototype: 2, toString: 'x', hasOwnProperty: null, '': 0, toJSON: 1 },
      ],
      ['half a character, which JSON escapes', 'half \ud83d'],
      ['the same thing twice, which is no cycle', ((shared) => [shared, { shared }])({ a: 1 })],
      ['a frozen object', Object.freeze({ a: Object.freeze([1]) })],
      ['-0, which comes back as 0', -0],
      ['properties that are not enumerable', Object.defineProperty({}, 'hidden', { value: () => 1 })],
      ['a hidden symbol', Object.defineProperty({}, Symbol('hidden'), { value: 1 })],
      ['more siblings than levels are allowed', Array.from({ length: 1_000 }, () => ({ a: [{}] }))],
      ['as many levels as are allowed', nested(MAX_JSON_DEPTH)],
    ])('in %s', (_kind, value) => {
      expect(jsonProblems(value)).toEqual([]);
    });
  });

  class Point {
    x = 1;
  }

  const bad: [string, unknown, string][] = [
    ['NaN', Number.NaN, 'NaN is not a JSON number'],
    ['Infinity', Number.POSITIVE_INFINITY, 'Infinity is not a JSON number'],
    ['-Infinity', Number.NEGATIVE_INFINITY, '-Infinity is not a JSON number'],
    ['undefined', undefined, 'undefined is not a JSON value'],
    ['a BigInt', 1n, 'bigint is not a JSON value'],
    ['a function', () => 1, 'function is not a JSON value'],
    ['a symbol', Symbol('s'), 'symbol is not a JSON value'],
    ['a date', new Date(0), 'not a plain object'],
    ['a map', new Map([['a', 1]]), 'not a plain object'],
    ['a set', new Set([1]), 'not a plain object'],
    ['an error', new Error('boom'), 'not a plain object'],
    ['an instance of a class', new Point(), 'not a plain object'],
    ['an heir of a plain object', Object.create({ inherited: 1 }), 'not a plain object'],
    ['a boxed string', Object('text'), 'not a plain object'],
    ['a boxed number', Object(1), 'not a plain object'],
    ['a boxed boolean', Object(false), 'not a plain object'],
    ['a buffer', Buffer.from('text'), 'not a plain object'],
    ['a typed array', new Uint8Array(2), 'not a plain object'],
    ['a regular expression', /a/, 'not a plain object'],
    ['a promise', Promise.resolve(), 'not a plain object'],
    ['an object with toJSON', { toJSON: () => 'something else' }, 'has a toJSON method'],
    [
      'one that hides it',
      Object.defineProperty({ a: 1 }, 'toJSON', { value: () => 'else' }),
      'has a toJSON method',
    ],
    ['an array with toJSON', Object.assign([1], { toJSON: () => 'something else' }), 'has a toJSON method'],
  ];

  it.each(bad)('finds %s, wherever it is', (_kind, value, message) => {
    expect(jsonProblems(value)).toEqual([{ path: '', message }]);
    expect(jsonProblems([0, value])).toEqual([{ path: '[1]', message }]);
    expect(jsonProblems({ a: { 'b.c': [value] } }, ['output'])).toEqual([
      { path: 'output.a["b.c"][0]', message },
    ]);
  });

  it('finds all of them in one go, in order', () => {
    const value = Object.fromEntries(bad.map(([kind, item]) => [kind, item]));
    expect(jsonProblems({ good: 1, value, last: undefined }).map(({ message }) => message)).toEqual([
      ...bad.map(([, , message]) => message),
      'undefined is not a JSON value',
    ]);
  });

  it('finds any of them anywhere in any JSON value', () => {
    const place = fc.array(fc.oneof(fc.nat({ max: 3 }), fc.stringMatching(/^[a-z]{1,5}$/)), {
      maxLength: 10,
    });
    fc.assert(
      fc.property(place, fc.constantFrom(...bad), fc.jsonValue(), (path, [, value, message], filler) => {
        let tree: unknown = value;
        for (const part of path.toReversed()) {
          tree =
            typeof part === 'number'
              ? Array.from({ length: 4 }, (_, at) => (at === part ? tree : 0))
              : { [part]: tree };
        }
        fc.pre(!JSON.stringify(filler).includes('"__proto__":'));
        const [problem, ...others] = jsonProblems([filler, tree]);
        expect(others).toEqual([]);
        const expected = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${part}`)).join('');
        expect(problem).toEqual({ path: `[1]${expected}`, message });
      }),
    );
  });

  it('finds the holes of an array, which JSON would fill with null', () => {
    const holey: number[] = [];
    holey[0] = 1;
    holey[2] = 3;
    expect(jsonProblems({ holey })).toEqual([{ path: 'holey[1]', message: 'undefined is not a JSON value' }]);
  });

  it('finds an undefined property, which JSON would drop', () => {
    expect(jsonProblems({ a: undefined })).toEqual([{ path: 'a', message: 'undefined is not a JSON value' }]);
  });

  it('finds a __proto__ of its own, at its place', () => {
    const value: unknown = JSON.parse('{"a": {"__proto__": {"admin": true}, "b": null}}');
    expect(jsonProblems(value)).toEqual([
      { path: 'a.__proto__', message: 'the key __proto__ is not allowed' },
    ]);
  });

  it('finds a symbol as a key, which JSON would drop', () => {
    expect(jsonProblems({ a: { [Symbol('s')]: 1 } })).toEqual([
      { path: 'a[Symbol(s)]', message: 'a symbol is not a JSON key' },
    ]);
  });

  it.each<[string, object, string]>([
    ['a getter that throws', Object.defineProperty({}, 'b', { enumerable: true, get: throwing }), 'a.b'],
    ['a proxy that throws', new Proxy({}, { ownKeys: throwing }), 'a'],
    ['a proxy of an array that throws', new Proxy([1], { get: throwing }), 'a'],
  ])('finds what cannot be read: %s', (_kind, value, path) => {
    expect(jsonProblems({ a: value })).toEqual([{ path, message: 'cannot be read' }]);
  });

  describe('ends', () => {
    it('at the first place that is nested too deep', () => {
      const [problem, ...others] = jsonProblems(nested(MAX_JSON_DEPTH + 1));
      expect(others).toEqual([]);
      expect(problem).toEqual({
        path: '[0]'.repeat(MAX_JSON_DEPTH),
        message: `nested deeper than ${MAX_JSON_DEPTH} levels`,
      });
    });

    it('in 100,000 levels of nesting, of arrays or objects', () => {
      let object: unknown = {};
      for (let i = 0; i < 100_000; i++) object = { a: object };
      for (const deep of [nested(100_000), object, JSON.parse('['.repeat(100_000) + ']'.repeat(100_000))]) {
        expect(jsonProblems(deep)).toEqual([
          expect.objectContaining({ message: 'nested deeper than 100 levels' }),
        ]);
      }
    });

    it('in what refers to itself, and names where', () => {
      const loop: Record<string, unknown> = { a: 1 };
      loop['list'] = [0, { loop }];
      expect(jsonProblems({ value: loop })).toEqual([
        { path: 'value.list[1].loop', message: 'refers to itself' },
      ]);
      const array: unknown[] = [];
      array.push(array);
      expect(jsonProblems(array)).toEqual([{ path: '[0]', message: 'refers to itself' }]);
    });

    it('in what refers to itself so often that its paths cannot be walked', () => {
      const knot: unknown[] = [];
      for (let i = 0; i < 1_000; i++) knot.push(knot);
      expect(jsonProblems(knot)).toEqual([{ path: '[0]', message: 'refers to itself' }]);
    });

    it.each<[string, () => unknown]>([
      ['a million bad numbers', () => new Array(1_000_000).fill(Number.NaN)],
      ['four billion holes', () => new Array(2 ** 32 - 1)],
      [
        'a million bad properties',
        () => Object.fromEntries(Array.from({ length: 1_000_000 }, (_, i) => [`k${i}`, undefined])),
      ],
      ['many symbols', () => Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [Symbol(i), 1]))],
    ])('after 100 problems: %s', (_kind, make) => {
      expect(jsonProblems(make())).toHaveLength(100);
    });

    it.each<[string, () => unknown]>([
      ['numbers', () => Array.from({ length: 1_000_000 }, (_, i) => i)],
      ['objects', () => Array.from({ length: 250_000 }, (_, id) => ({ id, tags: ['a'] }))],
      ['keys', () => Object.fromEntries(Array.from({ length: 250_000 }, (_, at) => [`key ${at}`, at]))],
    ])('soon in very many %s, where quadratic time would be no end', (_kind, make) => {
      expect(jsonProblems(make())).toHaveLength(0);
    });
  });

  it('does not change what it looks at', () => {
    const value = { b: [1, { c: 'x' }], a: null };
    const before: unknown = JSON.parse(JSON.stringify(value));
    jsonProblems(value);
    expect(value).toEqual(before);
  });
});

describe('jsonValueSchema', () => {
  const schema = z.strictObject({ input: jsonValueSchema });

  it('hands a JSON value through as it is', () => {
    const input = { a: [1, 'two', null, true] };
    expect(schema.parse({ input }).input).toBe(input);
    for (const value of [null, 0, '', false]) expect(schema.parse({ input: value }).input).toBe(value);
  });

  it('lists what is wrong with others, each at its place', () => {
    const parse = () => parseOptions(schema, { input: { a: [Number.NaN], b: 1n } }, 'the request');
    expect(parse).toThrow(ValidationError);
    expect(parse).toThrow(
      'the request: 2 problem(s)\n- input.a[0]: NaN is not a JSON number\n- input.b: bigint is not a JSON value',
    );
  });

  it('needs a value', () => {
    expect(schema.safeParse({}).error?.issues).toMatchObject([{ path: ['input'] }]);
    expect(schema.safeParse({ input: undefined }).success).toBe(false);
  });

  it('can be optional, or have a default', () => {
    expect(z.strictObject({ input: jsonValueSchema.optional() }).parse({})).toEqual({});
    expect(z.strictObject({ input: jsonValueSchema.default({}) }).parse({})).toEqual({ input: {} });
  });
});

describe('isPlainObject', () => {
  it.each<[string, unknown, boolean]>([
    ['a literal', {}, true],
    ['one without a prototype', Object.create(null), true],
    ['one of another realm', vm.runInNewContext('({})'), true],
    ['an array', [], false],
    ['an array of another realm', vm.runInNewContext('[]'), false],
    ['null', null, false],
    ['a string', 'text', false],
    ['a function', () => 1, false],
    ['a date', new Date(), false],
    ['a date of another realm', vm.runInNewContext('new Date()'), false],
    ['an heir of a plain object', Object.create({}), false],
    ['an heir of one without a prototype', Object.create(Object.create(null) as object), false],
    ['an instance of a class', new (class {})(), false],
  ])('%s: %s', (_kind, value, plain) => {
    expect(isPlainObject(value)).toBe(plain);
  });
});
