import { ValidationError, type JsonObject, type JsonValue, type Problem, formatPath } from '#core';
import { ExpressionError } from './expression.errors.js';
import type { ExpressionLimits } from './expression-limits.js';
import type { ExpressionScope } from './expression-scope.js';
import { compileExpression, type Expression } from './expression.js';

/** The text between the marks of a string that is wholly `{% ... %}`; undefined for any other string. */
export function expressionSource(text: string): string | undefined {
  return text.length >= 4 && text.startsWith('{%') && text.endsWith('%}')
    ? text.slice(2, -2).trim()
    : undefined;
}

/** An expression and where in the document it stands. */
export interface PlacedExpression {
  path: readonly PropertyKey[];
  expression: Expression;
}

/** What is left of a template's time for its next expression. @throws {ExpressionError} when nothing is. */
type TimeLeft = (source: string) => ExpressionLimits;

type Render = (scope: ExpressionScope, timeLeft: TimeLeft) => JsonValue;

/** Who is told while a template is compiled. */
export interface TemplateObserver {
  /** Of each bad expression, at its path; a template that has one must not be evaluated. */
  report: (problem: Problem) => void;
  /** Whether one more expression may be compiled; the rest of the template is passed over otherwise. */
  admit: (path: readonly PropertyKey[]) => boolean;
}

/** A JSON value in which some strings are expressions, compiled once. */
export class Template {
  /** Whether it holds no expression: `evaluate` returns one and the same value then. */
  readonly isConstant: boolean;
  /** Every expression in it, in document order. */
  readonly expressions: readonly PlacedExpression[];
  readonly #render: Render;

  /** @internal `compileTemplate` makes them. */
  constructor(expressions: readonly PlacedExpression[], render: Render) {
    this.isConstant = expressions.length === 0;
    this.expressions = expressions;
    this.#render = render;
  }

  /**
   * The value with each expression replaced by its own. What is constant in it is shared by all evaluations.
   * The time limit is that of all its expressions together: whatever the template holds, it is over by then.
   * @throws {ExpressionError} `EXPRESSION_FAILED` if one fails or has no value, or the time is up.
   */
  evaluate(scope: ExpressionScope, { timeoutMs }: ExpressionLimits): JsonValue {
    const endsAt = performance.now() + timeoutMs;
    return this.#render(scope, (source) => {
      const leftMs = endsAt - performance.now();
      if (leftMs > 0) return { timeoutMs: Math.ceil(leftMs) };
      throw new ExpressionError(source, `those before it took longer than ${timeoutMs} ms together`);
    });
  }
}

/**
 * @param value any JSON value, no deeper than core's `MAX_JSON_DEPTH`. Its constant parts are kept, not copied: freeze it
 *   if anyone may write to it.
 * @param path where the value stands in the document.
 */
export function compileTemplate(
  value: JsonValue,
  path: readonly PropertyKey[],
  { report, admit }: TemplateObserver,
): Template {
  const expressions: PlacedExpression[] = [];
  const render = compile(value, path);
  return new Template(expressions, render ?? constant(value));

  /** Undefined: there is no expression in it. */
  function compile(part: JsonValue, place: readonly PropertyKey[]): Render | undefined {
    if (typeof part === 'string') {
      const source = expressionSource(part);
      return source === undefined ? undefined : compileSource(source, place);
    }
    if (typeof part !== 'object' || part === null) return undefined;
    return Array.isArray(part) ? compileArray(part, place) : compileObject(part, place);
  }

  function compileArray(items: readonly JsonValue[], place: readonly PropertyKey[]): Render | undefined {
    // An array may have properties beside its items; JSON knows nothing of them.
    const renders = items.map((item, index) => compile(item, [...place, index]));
    if (renders.every((render) => render === undefined)) return undefined;
    const complete = renders.map((render, index) => render ?? constant(items[index] ?? null));
    return (scope, timeLeft) => complete.map((render) => render(scope, timeLeft));
  }

  function compileObject(object: JsonObject, place: readonly PropertyKey[]): Render | undefined {
    const renders = Object.entries(object).map(
      ([key, child]) => [key, compile(child, [...place, key])] as const,
    );
    if (renders.every(([, render]) => render === undefined)) return undefined;
    const complete = renders.map(([key, render]) => [key, render ?? constant(object[key] ?? null)] as const);
    return (scope, timeLeft) => {
      const result: Record<string, JsonValue> = {};
      for (const [key, render] of complete) result[key] = render(scope, timeLeft);
      return result;
    };
  }

  function compileSource(source: string, place: readonly PropertyKey[]): Render | undefined {
    if (!admit(place)) return undefined;
    try {
      const expression = compileExpression(source);
      expressions.push({ path: place, expression });
      return (scope, timeLeft) => {
        const result = expression.evaluate(scope, timeLeft(source));
        if (result === undefined) throw new ExpressionError(source, 'has no value');
        return result;
      };
    } catch (error) {
      if (!(error instanceof ValidationError)) throw error;
      for (const { message } of error.problems) report({ path: formatPath(place), message });
      return undefined;
    }
  }
}

function constant(value: JsonValue): Render {
  return () => value;
}
