import fc from 'fast-check';
import { z } from 'zod';
import { ValidationError, type Problem } from '../errors/validation-error.js';
import { parseOptions } from './parse-options.js';
import { formatPath, toProblems } from './problem-list.js';

function problemsOf(schema: z.ZodType, input: unknown): readonly Problem[] {
  try {
    parseOptions(schema, input, 'options');
  } catch (error) {
    if (error instanceof ValidationError) return error.problems;
    throw error;
  }
  return [];
}

describe('parseOptions', () => {
  const schema = z.strictObject({
    name: z.string().min(2),
    port: z.int().min(1).max(65_535).default(3_000),
    retry: z.strictObject({ maxAttempts: z.int().min(1).default(3) }).prefault({}),
    pools: z.array(z.strictObject({ capability: z.string() })).default([]),
  });

  it('fills in what was left out', () => {
    expect(parseOptions(schema, { name: 'house' }, 'options')).toEqual({
      name: 'house',
      port: 3_000,
      retry: { maxAttempts: 3 },
      pools: [],
    });
  });

  it('leaves the input as it was', () => {
    const input = { name: 'house', retry: {}, pools: [{ capability: 'a' }] };
    const options = parseOptions(schema, input, 'options');
    expect(input).toEqual({ name: 'house', retry: {}, pools: [{ capability: 'a' }] });
    expect(Object.isFrozen(input)).toBe(false);
    expect(options).not.toBe(input);
  });

  describe('freezes', () => {
    it('the top level of the result', () => {
      const options = parseOptions(schema, { name: 'house' }, 'options');
      expect(Object.isFrozen(options)).toBe(true);
      expect(() => Object.assign(options, { port: 1 })).toThrow(TypeError);
    });

    it('nothing that may be the caller’s own', () => {
      const factory = { create: () => 1 };
      const options = parseOptions(
        z.strictObject({ factory: z.custom<typeof factory>() }),
        { factory },
        'options',
      );
      expect(options.factory).toBe(factory);
      expect(Object.isFrozen(factory)).toBe(false);
    });

    it('not the input itself when the schema hands it through', () => {
      const input = { a: 1 };
      expect(parseOptions(z.custom<typeof input>(), input, 'options')).toBe(input);
      expect(Object.isFrozen(input)).toBe(false);
      expect(parseOptions(z.instanceof(Buffer), Buffer.from('x'), 'options')).toEqual(Buffer.from('x'));
    });

    it('and takes values that need no freezing', () => {
      expect(parseOptions(z.string(), 'text', 'options')).toBe('text');
      expect(parseOptions(z.null(), null, 'options')).toBeNull();
    });
  });

  it('lists every problem at once, each at its place', () => {
    const input = {
      name: 'x',
      port: Number.NaN,
      retry: { maxAttempts: 0 },
      pools: [{ capability: 'a' }, {}],
      extra: 1,
    };
    const parse = () => parseOptions(schema, input, 'OrchestraModule options');
    expect(parse).toThrow(ValidationError);
    expect(problemsOf(schema, input).map(({ path }) => path)).toEqual([
      'name',
      'port',
      'retry.maxAttempts',
      'pools[1].capability',
      'extra',
    ]);
    expect(parse).toThrow(/^OrchestraModule options: 5 problem\(s\)\n- name: .*\n- port: .*NaN\n/);
  });

  it.each([undefined, null, 'text', 42, []])('has one problem with an input that is none: %p', (input) => {
    const [problem, ...others] = problemsOf(schema, input);
    expect(others).toEqual([]);
    expect(problem).toMatchObject({ path: '', message: expect.stringContaining('expected object') });
  });

  it('has one problem for each unknown key, wherever it is', () => {
    const input: unknown = JSON.parse(
      '{"name": "house", "a": 1, "b.c": 2, "__proto__": {}, "retry": {"d": 3}}',
    );
    const problems = problemsOf(schema, input);
    expect(problems.every(({ message }) => message === 'unknown key')).toBe(true);
    expect(problems.map(({ path }) => path)).toEqual(['retry.d', 'a', '["b.c"]', '__proto__']);
  });

  it('says what is wrong with the key of a record', () => {
    const record = z.strictObject({ headers: z.record(z.string().max(3), z.string()) });
    expect(problemsOf(record, { headers: { toolong: 'x' } })).toEqual([
      { path: 'headers.toolong', message: expect.stringMatching(/^bad key: .*3/) },
    ]);
  });

  describe('of a union', () => {
    const size = z.strictObject({ min: z.int(), max: z.int() });

    it('explains the alternative that the value has the kind for', () => {
      const union = z.strictObject({ size: z.union([z.int(), size]) });
      expect(problemsOf(union, { size: {} }).map(({ path }) => path)).toEqual(['size.min', 'size.max']);
      expect(problemsOf(union, { size: 1.5 })).toEqual([
        { path: 'size', message: expect.stringContaining('expected int') },
      ]);
    });

    it('explains the one with the fewest problems', () => {
      const union = z.union([z.strictObject({ url: z.string(), key: z.string(), id: z.string() }), size]);
      expect(problemsOf(union, { min: 1, max: 'x' }).map(({ path }) => path)).toEqual(['max']);
    });

    it('names all of them when the value is of none of their kinds', () => {
      const union = z.strictObject({ size: z.union([z.int(), size]) });
      const [problem, ...others] = problemsOf(union, { size: 'big' });
      expect(others).toEqual([]);
      expect(problem?.path).toBe('size');
      expect(problem?.message).toMatch(/expected number.*, or: .*expected object/);
    });

    it('explains a union within a union', () => {
      const union = z.union([z.string(), z.strictObject({ a: z.union([z.int(), size]) })]);
      expect(problemsOf(union, { a: { min: 1 } }).map(({ path }) => path)).toEqual(['a.max']);
    });

    it('by a key names what the key may be', () => {
      const union = z.strictObject({
        pool: z.discriminatedUnion('kind', [
          z.strictObject({ kind: z.literal('http'), url: z.string() }),
          z.strictObject({ kind: z.literal('mcp'), command: z.string() }),
        ]),
      });
      expect(problemsOf(union, { pool: { kind: 'ftp' } })).toEqual([
        { path: 'pool.kind', message: expect.stringMatching(/http.*mcp/) },
      ]);
      expect(problemsOf(union, { pool: { kind: 'mcp', url: 'x' } }).map(({ path }) => path)).toEqual([
        'pool.command',
        'pool.url',
      ]);
    });
  });

  it('never shows a value, which may be a secret', () => {
    const secret = 'hunter2';
    const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
    const shape = z.strictObject({
      number: z.int(),
      digest: sha256,
      url: z.url(),
      email: z.email(),
      one: z.enum(['a', 'b']),
      literal: z.literal('x'),
      short: z.string().max(3),
      union: z.union([z.int(), z.strictObject({ a: z.int() }), sha256]),
      kind: z.discriminatedUnion('kind', [z.strictObject({ kind: z.literal('a') })]),
      list: z.array(sha256).min(1),
      record: z.record(z.string(), z.int()),
      tuple: z.tuple([z.int()]),
      starts: z.string().startsWith('sk-'),
      custom: z.string().refine((value) => value === 'x', 'must be good'),
    });
    const input = {
      ...Object.fromEntries(Object.keys(shape.shape).map((key) => [key, secret])),
      kind: { kind: secret },
      list: [secret],
      record: { key: secret },
      tuple: [secret, secret],
      unknown: secret,
    };
    const problems = problemsOf(shape, input);
    const places = new Set(problems.map(({ path }) => path.split(/[.[]/)[0]));
    expect(places).toEqual(new Set(Object.keys(input)));
    const error = new ValidationError('options', problems);
    expect(JSON.stringify(error) + error.message + String(error.stack)).not.toContain(secret);
  });
});

describe('toProblems', () => {
  it('starts the paths with a prefix', () => {
    const { error } = z.strictObject({ a: z.array(z.int()) }).safeParse({ a: ['x'], b: 1 });
    expect(toProblems(error!.issues, ['workflow', 'steps', 2]).map(({ path }) => path)).toEqual([
      'workflow.steps[2].a[0]',
      'workflow.steps[2].b',
    ]);
  });

  it('finds no problem in no issue', () => {
    expect(toProblems([])).toEqual([]);
  });
});

describe('formatPath', () => {
  it.each<[PropertyKey[], string]>([
    [[], ''],
    [['steps', 2, 'id'], 'steps[2].id'],
    [[0, 1], '[0][1]'],
    [['a', 'x-api-key', '$ref', 'déjà', '__proto__'], 'a.x-api-key.$ref.déjà.__proto__'],
    [['a', '0'], 'a.0'],
    [['a', 'b.c'], 'a["b.c"]'],
    [['b.c'], '["b.c"]'],
    [['a[0]', 'b'], '["a[0]"].b'],
    [['a', ''], 'a[""]'],
    [['say "hi"'], '["say \\"hi\\""]'],
    [['a', 'new\nline'], 'a["new\\nline"]'],
    [['a', 'b', Symbol('s')], 'a.b[Symbol(s)]'],
  ])('%p is %s', (path, text) => {
    expect(formatPath(path)).toBe(text);
  });

  it('gives two paths one text only if they are one path', () => {
    const tricky = fc.string({
      unit: fc.constantFrom('a', '.', '[', ']', '"', '\\', '0', ' ', '\n'),
      maxLength: 4,
    });
    const paths = fc.array(fc.oneof(tricky, fc.nat({ max: 2 })), { maxLength: 4 });
    fc.assert(
      fc.property(paths, paths, (one, other) => {
        fc.pre(JSON.stringify(one) !== JSON.stringify(other));
        expect(formatPath(one)).not.toBe(formatPath(other));
      }),
      { numRuns: 2_000 },
    );
  });

  it('keeps every path on one line', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' })), (path) => {
        expect(formatPath(path)).not.toMatch(/[\n\r\u2028\u2029]/u);
      }),
    );
  });
});
