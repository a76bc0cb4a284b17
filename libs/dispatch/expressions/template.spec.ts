import type { JsonValue } from '#core';
import { ExpressionError } from './expression.errors.js';
import type { ExpressionScope } from './expression-scope.js';
import { compileTemplate, expressionSource, type Template } from './template.js';

const LIMITS = { timeoutMs: 500 };

function compile(value: JsonValue, path: readonly PropertyKey[] = []): Template {
  return compileTemplate(value, path, ({ message }) => {
    throw new Error(message);
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
    const { expressions } = compileTemplate(value, ['steps', 2, 'input'], ({ path }) => paths.push(path));
    expect(paths).toEqual(['steps[2].input.a', 'steps[2].input.b[0].c', 'steps[2].input.b[2]']);
    expect(expressions.map(({ expression }) => expression.source)).toEqual(['$input']);
  });

  it('tells its expressions in order, each with its place', () => {
    const { expressions } = compile({ a: '{% $steps.x.output %}', b: ['{% $steps.y.output %}'] }, ['output']);
    expect(expressions.map(({ path, expression }) => [path, expression.stepIds])).toEqual([
      [['output', 'a'], ['x']],
      [['output', 'b', 0], ['y']],
    ]);
  });
});
