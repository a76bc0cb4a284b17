import { AsyncLocalStorage, executionAsyncId } from 'node:async_hooks';
import { stat } from 'node:fs/promises';
import { performance } from 'node:perf_hooks';
import { ValidationError, type JsonValue } from '#core';
import { ExpressionError } from './expression.errors.js';
import type { ExpressionScope } from './expression-scope.js';
import { compileExpression } from './expression.js';

/** For what ends by itself; the machine may be busy. */
const LIMITS = { timeoutMs: 5_000 };

/** For what does not. */
const SHORT = { timeoutMs: 100 };

/** Wall time that an evaluation may take beyond its limit on a busy machine. */
const SLACK_MS = 900;

function makeScope(input: JsonValue = {}, steps: ExpressionScope['steps'] = {}): ExpressionScope {
  return { input, steps, execution: { executionId: 'e1', priority: 5 } };
}

function evaluate(
  source: string,
  input: JsonValue = {},
  steps: ExpressionScope['steps'] = {},
): JsonValue | undefined {
  return compileExpression(source).evaluate(makeScope(input, steps), LIMITS);
}

function failure(
  source: string,
  input: JsonValue = {},
  steps: ExpressionScope['steps'] = {},
): ExpressionError {
  try {
    evaluate(source, input, steps);
  } catch (error) {
    if (error instanceof ExpressionError) return error;
    throw error;
  }
  throw new Error(`${source} did not fail`);
}

describe('an expression', () => {
  it('reads the input, the steps and the execution', () => {
    const steps = {
      read: { output: { content: 'abc' } },
      bad: { error: { code: 'X', message: 'm', retryable: false } },
    };
    expect(evaluate('$input.path', { path: '/a' })).toBe('/a');
    expect(evaluate('$steps.read.output.content', {}, steps)).toBe('abc');
    expect(evaluate('$steps.bad.error.code', {}, steps)).toBe('X');
    expect(evaluate('$execution.executionId')).toBe('e1');
    expect(evaluate('$uppercase($steps.read.output.content) & "!"', {}, steps)).toBe('ABC!');
  });

  it('yields undefined for what is not there', () => {
    expect(evaluate('$input.nothing')).toBeUndefined();
    expect(evaluate('$steps.none.output')).toBeUndefined();
    expect(evaluate('path')).toBeUndefined();
    expect(evaluate('$')).toBeUndefined();
    expect(evaluate('$lookup($steps, "none")')).toBeUndefined();
  });

  it('yields plain JSON that shares nothing with the scope', () => {
    const input = { list: [{ a: 1 }, { a: 2 }], nested: { deep: [1] } };
    const mapped = evaluate('$input.list.a', input);
    expect(mapped).toEqual([1, 2]);
    expect(Object.getOwnPropertyNames(mapped)).toEqual(['0', '1', 'length']);
    expect(Array.isArray(mapped) && Object.getPrototypeOf(mapped) === Array.prototype).toBe(true);
    const object = evaluate('{"x": $input.nested}', input);
    expect(object).toStrictEqual({ x: { deep: [1] } });
    const nested = evaluate('$input.nested', input);
    expect(nested).toStrictEqual(input.nested);
    expect(nested).not.toBe(input.nested);
  });

  it.each(['$sum', 'function($x){$x}', '/a/', '{"f": $sum}', '[$sum, 1]', '1/0', '$input.list[0] / 0'])(
    'refuses %s as a result that JSON cannot hold',
    (source) => {
      const error = failure(source, { list: [1] });
      expect(error).toMatchObject({
        code: 'EXPRESSION_FAILED',
        retryable: false,
        details: { expression: source },
      });
    },
  );

  it('refuses a result that is nested too deeply', () => {
    const error = failure('($f := function($n){ $n = 0 ? 1 : {"a": $f($n - 1)} }; $f(150))');
    expect(error.message).toContain('nested deeper than 100 levels');
  });

  it('names its source, clipped, and the reason in its error', () => {
    const source = `$error("no luck") /* ${'x'.repeat(1_000)} */`;
    const error = failure(source);
    expect(error.message).toContain('no luck');
    expect(error.message.length).toBeLessThan(400);
    expect(error.details.reason).toContain('no luck');
  });

  it('clips a reason that quotes a whole value', () => {
    expect(failure(`-$input.text`, { text: 'y'.repeat(100_000) }).message.length).toBeLessThan(1_000);
  });

  it('gives the same values with and without the engine', () => {
    const values: JsonValue[] = [
      null,
      true,
      false,
      0,
      1,
      -1,
      '',
      'a',
      'b',
      [],
      [1],
      [[1]],
      [1, 2],
      {},
      { y: 1 },
      [{ y: 1 }],
      [{ y: [1] }],
    ];
    const sources = [
      '$input',
      '$input.x',
      '$input.x.y',
      '$input.x.y.z',
      '$steps',
      '$input.x = 1',
      '$input.x != "a"',
      '$input.x = $input.y',
    ];
    sources.push(
      '$input.x < 1',
      '$input.x >= "a"',
      '$input.x and $input.y',
      '$input.x or $input.y',
      '$input.x < $input.y',
      '1 = 1',
      '-2',
    );
    sources.push(
      '$input.none = 1',
      '$input.none != 1',
      '$input.none < 1',
      '$input.none < true',
      '$input.none or 1',
    );
    for (const source of sources) {
      // A block around it takes the plain path away and changes nothing else.
      const [plain, engine] = [compileExpression(source), compileExpression(`(${source})`)];
      for (const x of values) {
        for (const y of values.slice(0, 10)) {
          const scope = makeScope({ x, y }, { a: { output: x } });
          const outcomes = [plain, engine].map((expression) => {
            try {
              return { value: expression.evaluate(scope, { timeoutMs: 1_000 }) };
            } catch (error) {
              return { failed: error instanceof ExpressionError };
            }
          });
          expect({ source, x, y, ...outcomes[0] }).toEqual({ source, x, y, ...outcomes[1] });
        }
      }
    }
  }, 30_000);
});

describe('a bad expression', () => {
  it.each([
    ['', 'Unexpected end of expression'],
    ['$input.', 'Unexpected end'],
    ['1 +', 'at character 3'],
    ['"abc', 'String literal must be terminated'],
    ['/(/', ''],
    ['/(?<=a)b/', 'invalid'],
    ['/(a)\\1/', 'invalid escape'],
    ['$match("a", /a(?=b)/)', 'at character 20'],
    ['$eval("1")', '$eval is not available'],
    ['"1" ~> $eval', '$eval is not available'],
    ['('.repeat(8_000), 'nested too deeply'],
    [' '.repeat(20_000), 'longer than 16384'],
    [`${'('.repeat(60)}a${' ?: b)'.repeat(60)}`, 'took longer'],
  ])('is refused when it is compiled: %.30s', (source, message) => {
    const startedMs = performance.now();
    expect(() => compileExpression(source)).toThrow(ValidationError);
    expect(() => compileExpression(source)).toThrow(message);
    expect(performance.now() - startedMs).toBeLessThan(2 * (100 + SLACK_MS));
  });

  it('tells every regular expression that is not supported', () => {
    const source = '$match("a", /(?=a)/) & $match("a", /(?!b)/) & $match("a", /ok/)';
    expect(() => compileExpression(source)).toThrow('2 problem(s)');
  });

  it.each([
    '$input.and',
    '$input.in.or',
    '$input.true',
    '$steps.null',
    '$input.function',
    '$input.function.x',
  ])('reads %s as the engine does', (source) => {
    const outcomes = [source, `(${source})`].map((text) => {
      try {
        return {
          value: evaluate(
            text,
            { and: 1, in: { or: 2 }, true: 3, function: { x: 4 } },
            { null: { output: 5 } },
          ),
        };
      } catch (error) {
        return { refused: error instanceof ValidationError };
      }
    });
    expect(outcomes[0]).toEqual(outcomes[1]);
  });

  it('takes short alternatives', () => {
    expect(evaluate('$input.a ?? $input.b ?: "c"', {})).toBe('c');
  });
});

describe('an expression without end', () => {
  const doubled = (times: number, step: string): string => `(${`${step}; `.repeat(times)}`;

  it.each([
    ['recursion', '($f := function($x){ 1 + $f($x) }; $f(1))'],
    ['a tail call', '($f := function($x){ $f($x) }; $f(1))'],
    [
      'two functions that call each other',
      '($f := function($x){ $g($x) }; $g := function($x){ $f($x) }; $f(1))',
    ],
    ['a range', '[1..1e9]'],
    ['a long range', '[1..200000]'],
    ['a sequence', '[1..1000].([1..1000])'],
    ['a cross join', '$map([1..100000], function($x){ $map([1..100000], function($y){ $y }) })'],
    ['quadratic distinct', '$distinct([1..100000])'],
    ['quadratic sort', '$sort([1..100000])'],
    ['quadratic spread', '$spread([1..100000])'],
    ['padding', '$pad("", 1e9)'],
    ['padding with many characters', '$pad("", 1e7, "abcdefghij")'],
    ['joining', `$join([1..100000].$pad("", 1000))`],
    ['string doubling', `${doubled(40, '$a := $a & $a')} $a)`.replace('(', '($a := "x"; ')],
    [
      'the length of a doubled string',
      `($a := "xxxxxxxxxxxxxxxx"; ${'$a := $a & $a; '.repeat(26)} $length($a))`,
    ],
    ['a tree of shared branches', `($a := [[1],[1]]; ${'$a := [[$a],[$a]]; '.repeat(30)} $a)`],
    ['flattening such a tree', `($a := [[1],[1]]; ${'$a := [[$a],[$a]]; '.repeat(30)} {"k": $a}.*)`],
    ['printing such a tree', `($a := [[1],[1]]; ${'$a := [[$a],[$a]]; '.repeat(30)} $string($a))`],
    ['a promise of its own', '($f := function($g){ {"then": $g} }; $f(function($r){ 1 }))'],
    ['a picture of a number', '$formatNumber(1, $pad("", 1000000, "#,"))'],
  ])('ends in a failure in time: %s', (_name, source) => {
    const expression = compileExpression(source);
    const startedMs = performance.now();
    expect(() => expression.evaluate(makeScope(), SHORT)).toThrow(ExpressionError);
    expect(performance.now() - startedMs).toBeLessThan(100 + SLACK_MS);
    expect(evaluate('$sum([1..3])')).toBe(6);
  });

  it.each([
    '$pad("", 2e7)',
    '$pad("", -2e7, "ab")',
    '$join($map([1..11], function(){ $pad("", 1000000) }), ",")',
  ])('is refused before it takes the memory: %s', (source) => {
    expect(failure(source).message).toContain('a string would be longer than 10485760 characters');
  });

  it('is stopped after the time that the caller gives, and can be evaluated again', () => {
    const expression = compileExpression(
      '$input.loop ? ($f := function($x){ $f($x) }; $f(1)) : /a+/ in [] or $contains("xaax", /a+/)',
    );
    const startedMs = performance.now();
    expect(() => expression.evaluate(makeScope({ loop: true }), { timeoutMs: 20 })).toThrow(
      'took longer than 20 ms',
    );
    expect(performance.now() - startedMs).toBeLessThan(20 + SLACK_MS);
    expect(expression.evaluate(makeScope({ loop: false }), LIMITS)).toBe(true);
  });

  it('leaves room for wide constructors and deep recursion', () => {
    const fields = Array.from({ length: 500 }, (_, index) => `"k${index}": $input.a.b`).join(', ');
    expect(Object.keys(evaluate(`{${fields}}`, { a: { b: 1 } }) as object)).toHaveLength(500);
    expect(evaluate('($f := function($n){ $n = 0 ? 0 : 1 + $f($n - 1) }; $f(200))')).toBe(200);
  });
});

describe('a regular expression', () => {
  it('matches in linear time', () => {
    const expression = compileExpression('$contains($input, /^(a+)+$/)');
    const startedMs = performance.now();
    expect(expression.evaluate(makeScope(`${'a'.repeat(20_000)}b`), { timeoutMs: 1_000 })).toBe(false);
    expect(performance.now() - startedMs).toBeLessThan(1_000);
  });

  it('works in every built-in that takes one', () => {
    expect(evaluate('$match("ab12cd345", /[a-z]+(\\d+)/).groups')).toEqual(['12', '345']);
    expect(evaluate('$match("ABab", /ab/i).index')).toEqual([0, 2]);
    expect(evaluate('$replace("john smith", /(\\w+)\\s(\\w+)/, "$2, $1")')).toBe('smith, john');
    expect(evaluate('$split("a1b22c", /\\d+/)')).toEqual(['a', 'b', 'c']);
    expect(evaluate('$match("a\nb", /^b/m).match')).toBe('b');
    expect(evaluate('$contains("a\nb", /^b/)')).toBe(false);
    expect(evaluate('$filter(["x1", "y"], /\\d/)')).toBe('x1');
  });
});

describe('what an expression cannot reach', () => {
  it.each([
    '$input.__proto__',
    '$input.constructor',
    '$steps.toString',
    '$steps.__proto__',
    '$lookup($input, "__proto__")',
    '$lookup($input, "constructor")',
    '$sum.implementation',
    '$sum.signature',
    '(function($x){$x}).environment',
    '$input.`__proto__`.polluted',
    '$process',
    '$global',
  ])('%s has no value', (source) => {
    expect(evaluate(source)).toBeUndefined();
  });

  it.each([
    '$input ~> |$|{"__proto__": {"polluted": 1}}|',
    '{"__proto__": {"polluted": 1}}',
    '$merge([{"__proto__": {"polluted": 1}}, $input])',
    '($clone := function($x){$x}; $input ~> |$|{"__proto__": {"polluted": 1}, "constructor": 2}|)',
    '$spread({"constructor": {"prototype": {"polluted": 1}}})',
  ])('%s pollutes nothing', (source) => {
    try {
      evaluate(source, { a: { b: 1 } });
    } catch (error) {
      expect(error).toBeInstanceOf(ExpressionError);
    }
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
    expect(evaluate('$input.polluted')).toBeUndefined();
    expect(evaluate('{}.polluted')).toBeUndefined();
  });

  it.each([
    '$input(1)',
    '$input.object(1)',
    '$steps.a.output(1)',
    '($clone := function($x){$x}; $input ~> |object|{"x": 9}, ["y"]|)',
    '$input.list{"k": $}',
    '$input.full[]',
    '$append($input.list, 1)',
    '$input.list#$i.$i',
    '$sort($input.full)',
    '$input.object.$ ~> |$|{"x": 9}|',
  ])('%s leaves the scope as it was', (source) => {
    const scope = makeScope({ object: { y: 1 }, list: [], full: [2, 1] }, { a: { output: { z: [1] } } });
    const before = structuredClone(scope);
    try {
      compileExpression(source).evaluate(scope, LIMITS);
    } catch (error) {
      expect(error).toBeInstanceOf(ExpressionError);
    }
    expect(scope).toStrictEqual(before);
    expect(Object.getOwnPropertyNames((scope.input as { full: unknown[] }).full)).toEqual([
      '0',
      '1',
      'length',
    ]);
  });

  it.each([
    '{} ~> |$sum|{"implementation": 1}|',
    '{} ~> |$sum|{}, ["implementation", "_jsonata_function"]|',
    '{} ~> |$sum|{"arity": 7}|',
    '{} ~> |$sum|{"then": /x/}|',
    '{} ~> |$millis|{"implementation": 1}|',
    '{} ~> |$now|{"then": /x/}|',
    '$sum := 1',
    '($sum := function(){ 7 }; $sum())',
  ])('%s changes no built-in for others', (source) => {
    const expression = compileExpression(`[${source}, $sum([1, 2]), $type($millis()), $type($now())]`);
    const attempt = (): unknown => {
      try {
        return expression.evaluate(makeScope(), LIMITS);
      } catch (error) {
        return String(error);
      }
    };
    expect(attempt()).toEqual(attempt());
    expect(evaluate('[$sum([1, 2]), $map([[1], [2]], $sum)]')).toEqual([3, [1, 2]].flat());
    expect(evaluate('[$type($millis()), $type($now())]')).toEqual(['number', 'string']);
  });

  it('refuses data that looks like a function of the engine', () => {
    const input = {
      f: { _jsonata_function: true, implementation: {} },
      g: { _jsonata_lambda: true, body: {}, arguments: [] },
    };
    for (const source of [
      '$input.f',
      '$input.f.implementation',
      '$input.f(1)',
      '$map([1], $input.g)',
      '$input',
    ]) {
      expect(failure(source, input).message).toContain('a function is not a JSON value');
    }
    expect(evaluate('$sum([1])')).toBe(1);
  });
});

describe('stopping an expression', () => {
  it("leaves Node's bookkeeping of asynchronous work intact", async () => {
    const context = new AsyncLocalStorage<string>();
    await context.run('kept', async () => {
      const before = executionAsyncId();
      const expression = compileExpression('$distinct([1..100000])');
      expect(() => expression.evaluate(makeScope(), SHORT)).toThrow('took longer than 100 ms');
      expect(executionAsyncId()).toBe(before);
      await stat('.');
      expect(context.getStore()).toBe('kept');
    });
  });
});

describe('evaluations of one expression', () => {
  it('do not disturb each other', () => {
    const expression = compileExpression('($x := $input.n; $sum([1..$x]) & ":" & $string($input.n))');
    const results = Array.from({ length: 200 }, (_, n) => expression.evaluate(makeScope({ n }), LIMITS));
    expect(results).toEqual(Array.from({ length: 200 }, (_, n) => `${(n * (n + 1)) / 2}:${n}`));
  });

  it('see one moment each', () => {
    const expression = compileExpression('$millis() = $millis() and $toMillis($now()) = $millis()');
    expect(expression.evaluate(makeScope(), LIMITS)).toBe(true);
  });

  it('are over when they return', async () => {
    const expression = compileExpression('$input.a ~> $uppercase()');
    const scope = makeScope({ a: 'x' });
    const value = expression.evaluate(scope, LIMITS);
    scope.input = { a: 'y' };
    await Promise.resolve();
    expect(value).toBe('X');
  });
});

describe('the steps that an expression names', () => {
  it.each([
    ['$steps.a.output', ['a']],
    ['$steps.a.output.x & $steps.b.error.message', ['a', 'b']],
    ['$steps."a".output', ['a']],
    ['$steps.a[0].output', ['a']],
    ['$exists($steps.a) and {"k": [$steps.b]}.k', ['a', 'b']],
    ['$map([1], function($x){ $steps.c.output })', ['c']],
    ['$steps', []],
    ['$lookup($steps, "a")', []],
    ['$steps.*', []],
    ['$steps[0].a', []],
    ['$steps.(a.output)', []],
    ['$steps{"a": 1}', []],
    ['($steps := {"q": 1}; $steps.q)', []],
    ['$map([{"q": 1}], function($steps){ $steps.q })', []],
    ['$input.list@$steps.($steps.q)', []],
    ['$input.list#$steps.{"i": $steps.q}', []],
    ['$input.steps.q', []],
  ])('are told only where they are certain: %s', (source, ids) => {
    expect([...compileExpression(source).stepIds].sort()).toEqual(ids);
  });

  it('are those it gets, and all where that is not certain', () => {
    const steps = { a: { output: 1 }, b: { output: 2 } };
    expect(evaluate('$keys($steps)', {}, steps)).toEqual(['a', 'b']);
    expect(evaluate('$lookup($steps, "b").output', {}, steps)).toBe(2);
    expect(evaluate('$steps.a.output + $steps.b.output', {}, steps)).toBe(3);
    expect(evaluate('$sum($steps.*.output)', {}, steps)).toBe(3);
  });
});
