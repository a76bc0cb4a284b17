import { ValidationError, type JsonObject, type JsonValue, type Problem, type Work, formatPath } from '#core';
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
  /** Of each expression that was compiled. */
  admitted: (path: readonly PropertyKey[], expression: Expression) => void;
}

/** An expression of a template, from where it is found until it is compiled. */
interface Slot {
  readonly source: string;
  readonly path: readonly PropertyKey[];
  expression: Expression | undefined;
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
    if (this.isConstant) return this.#render(scope, noTime);
    const endsAt = performance.now() + timeoutMs;
    return this.#render(scope, (source) => {
      const leftMs = endsAt - performance.now();
      if (leftMs > 0) return { timeoutMs: Math.ceil(leftMs) };
      throw new ExpressionError(source, `those before it took longer than ${timeoutMs} ms together`);
    });
  }
}

/** For what has no expression to spend it on. */
function noTime(): ExpressionLimits {
  return { timeoutMs: 0 };
}

/**
 * Compiles a template; may be interrupted between two expressions.
 *
 * @param value any JSON value, no deeper than core's `MAX_JSON_DEPTH`. Its constant parts are kept, not copied: freeze it
 *   if anyone may write to it.
 * @param path where the value stands in the document.
 */
export function* compileTemplate(
  value: JsonValue,
  path: readonly PropertyKey[],
  observer: TemplateObserver,
): Work<Template> {
  const { slots, render } = findExpressions(value, path);
  const expressions: PlacedExpression[] = [];
  for (const slot of slots) {
    if (!observer.admit(slot.path)) continue;
    slot.expression = compileSlot(slot, observer);
    if (slot.expression !== undefined) expressions.push({ path: slot.path, expression: slot.expression });
    yield;
  }
  return new Template(expressions, render ?? constant(value));
}

function compileSlot({ source, path }: Slot, { report, admitted }: TemplateObserver): Expression | undefined {
  try {
    const expression = compileExpression(source);
    admitted(path, expression);
    return expression;
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error;
    for (const { message } of error.problems) report({ path: formatPath(path), message });
    return undefined;
  }
}

/** Every expression of a value, in document order, and what renders it once they are compiled; none without any. */
function findExpressions(
  value: JsonValue,
  root: readonly PropertyKey[],
): { slots: readonly Slot[]; render: Render | undefined } {
  const slots: Slot[] = [];
  const place = [...root];
  return { slots, render: find(value) };

  function find(part: JsonValue): Render | undefined {
    if (typeof part === 'string') {
      const source = expressionSource(part);
      return source === undefined ? undefined : found(source);
    }
    if (typeof part !== 'object' || part === null) return undefined;
    return Array.isArray(part) ? findInArray(part) : findInObject(part);
  }

  function findAt(key: PropertyKey, child: JsonValue): Render | undefined {
    place.push(key);
    const render = find(child);
    place.pop();
    return render;
  }

  function findInArray(items: readonly JsonValue[]): Render | undefined {
    // An array may have properties beside its items; JSON knows nothing of them.
    const renders = items.map((item, index) => findAt(index, item));
    if (renders.every((render) => render === undefined)) return undefined;
    const complete = renders.map((render, index) => render ?? constant(items[index] ?? null));
    return (scope, timeLeft) => complete.map((render) => render(scope, timeLeft));
  }

  function findInObject(object: JsonObject): Render | undefined {
    const renders = Object.entries(object).map(([key, child]) => [key, findAt(key, child)] as const);
    if (renders.every(([, render]) => render === undefined)) return undefined;
    const complete = renders.map(([key, render]) => [key, render ?? constant(object[key] ?? null)] as const);
    return (scope, timeLeft) => {
      const result: Record<string, JsonValue> = {};
      for (const [key, render] of complete) result[key] = render(scope, timeLeft);
      return result;
    };
  }

  function found(source: string): Render {
    const slot: Slot = { source, path: [...place], expression: undefined };
    slots.push(slot);
    return (scope, timeLeft) => {
      const result = slot.expression?.evaluate(scope, timeLeft(source));
      if (result === undefined) throw new ExpressionError(source, 'has no value');
      return result;
    };
  }
}

function constant(value: JsonValue): Render {
  return () => value;
}
