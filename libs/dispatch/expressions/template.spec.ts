import { runAtOnce, type JsonValue } from '#core';
import { ExpressionError } from './expression.errors.js';
import type { ExpressionScope } from './expression-scope.js';
import { compileTemplate, expressionSource, type Template, type TemplateObserver } from './template.js';

const LIMITS = { timeoutMs: 500 };

function compileFor(
  value: JsonValue,
  path: readonly PropertyKey[],
  observer: Pick<TemplateObserver, 'report'> & Partial<TemplateObserver>,
): Template {
  return runAtOnce(compileTemplate(value, path, { admit: () => true, admitted: () => {}, ...observer }));
}

function compile(value: JsonValue, path: readonly PropertyKey[] = []): Template {
  return compileFor(value, path, {
    report: ({ message }) => {
      throw new Error(message);
    },
  });
}

function render(value: JsonValue, input: JsonValue = {}): JsonValue {
  const scope: ExpressionScope = { input, steps: {}, execution: {} };
  return compile(value).evaluate(scope, LIMITS);
}

describe('a template', () => {
  it('takes only strings that are wholly {% ... %} for expressions', () => {
    expect(expressionSource('{% $input %}')).toBe('$input');
    expect(expressionSource('{%%}')).toBe('');
    for (const text of [
      '',
      '{%',
      '{%}',
      ' {% $input %}',
      '{% $input %} ',
      'a {% $input %}',
      '{ % 1 % }',
      '%}{%',
    ]) {
      expect(expressionSource(text)).toBeUndefined();
      expect(render({ text })).toEqual({ text });
    }
  });

  it('replaces expressions at any depth and keeps the rest', () => {
    const value = {
      a: '{% $input.n %}',
      b: ['x', { c: '{% $input.n + 1 %}' }, [null, true, 2]],
      d: {},
      e: 'plain',
    };
    expect(render(value, { n: 1 })).toStrictEqual({
      a: 1,
      b: ['x', { c: 2 }, [null, true, 2]],
      d: {},
      e: 'plain',
    });
  });

  it('may be one expression', () => {
    expect(render('{% $input %}', [1, 'a'])).toEqual([1, 'a']);
  });

  it('returns a constant as it is, without any work', () => {
    const value = { deep: [{ a: 1 }] };
    const template = compile(value);
    expect(template.isConstant).toBe(true);
    expect(template.evaluate({ input: null, steps: {}, execution: {} }, LIMITS)).toBe(value);
    expect(compile(['{% 1 %}']).isConstant).toBe(false);
  });

  it('gives each evaluation containers of its own', () => {
    const template = compile({ list: ['{% $input %}'] });
    const scope: ExpressionScope = { input: 1, steps: {}, execution: {} };
    const first = template.evaluate(scope, LIMITS);
    expect(template.evaluate(scope, LIMITS)).not.toBe(first);
  });

  it('fails when an expression has no value', () => {
    expect(() => render({ a: ['{% $input.nothing %}'] })).toThrow(ExpressionError);
    expect(() => render({ a: ['{% $input.nothing %}'] })).toThrow(
      '{% $input.nothing %} failed: has no value',
    );
  });

  it('lists every bad expression with its place', () => {
    const value = { a: '{% 1 + %}', b: [{ c: '{% ( %}' }, '{% $input %}', '{% $eval("1") %}'] };
    const paths: string[] = [];
    const { expressions } = compileFor(value, ['steps', 2, 'input'], {
      report: ({ path }) => paths.push(path),
    });
    expect(paths).toEqual(['steps[2].input.a', 'steps[2].input.b[0].c', 'steps[2].input.b[2]']);
    expect(expressions.map(({ expression }) => expression.source)).toEqual(['$input']);
  });

  it('has one time for all its expressions', () => {
    const slow = '{% ($f := function($x) { $x > 0 ? $f($x - 1) : 1 }; $count([1..1500].$f(1))) %}';
    const template = compile(Array.from({ length: 800 }, () => slow));
    const startedAt = performance.now();
    const evaluate = (): JsonValue =>
      template.evaluate({ input: {}, steps: {}, execution: {} }, { timeoutMs: 50 });
    expect(evaluate).toThrow(ExpressionError);
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });

  it('passes over expressions that are not admitted', () => {
    const reported: string[] = [];
    const { expressions } = compileFor(['{% 1 %}', '{% ( %}'], [], {
      admit: ([place]) => place === 0,
      report: ({ path }) => reported.push(path),
    });
    expect([expressions.length, reported]).toEqual([1, []]);
  });

  it('tells its expressions in order, each with its place', () => {
    const { expressions } = compile({ a: '{% $steps.x.output %}', b: ['{% $steps.y.output %}'] }, ['output']);
    expect(expressions.map(({ path, expression }) => [path, expression.stepIds])).toEqual([
      [['output', 'a'], ['x']],
      [['output', 'b', 0], ['y']],
    ]);
  });
});
