import type { JsonValue } from '#core';
import type { AstNode } from './ast.js';
import type { ExpressionScope } from './expression-scope.js';

/** The value has a shape that only the engine's own rules can treat: arrays on the way, errors of type. */
export const UNDECIDED = Symbol('undecided');

type Value = JsonValue | undefined | typeof UNDECIDED;

/** Evaluates a plain expression; agrees with the engine wherever it decides. */
export type PlainExpression = (scope: ExpressionScope) => Value;

const PLAIN_KEYS = new Set(['type', 'value', 'position', 'steps', 'lhs', 'rhs']);

/**
 * Most expressions are a path, or a path compared with a literal. Those need neither the engine nor its guards, which
 * cost more than a hundred times as much. Undefined: the expression is not of that kind.
 */
export function compilePlain(node: AstNode): PlainExpression | undefined {
  if (Object.keys(node).some((key) => !PLAIN_KEYS.has(key))) return undefined;
  switch (node.type) {
    case 'string':
    case 'number':
    case 'value': {
      const literal = node.value as JsonValue;
      return () => literal;
    }
    case 'variable':
      return variable(node.value);
    case 'path':
      return path(node.steps ?? []);
    case 'binary':
      return binary(node);
    default:
      return undefined;
  }
}

function variable(name: unknown): PlainExpression | undefined {
  switch (name) {
    case 'input':
      return ({ input }) => input;
    case 'execution':
      return ({ execution }) => execution;
    case 'steps':
      return ({ steps }) => steps as JsonValue;
    default:
      return undefined;
  }
}

function path([first, ...rest]: readonly AstNode[]): PlainExpression | undefined {
  const root = first?.type === 'variable' ? compilePlain(first) : undefined;
  const names: string[] = [];
  for (const step of rest) {
    if (step.type !== 'name' || typeof step.value !== 'string') return undefined;
    if (Object.keys(step).some((key) => !PLAIN_KEYS.has(key))) return undefined;
    names.push(step.value);
  }
  if (root === undefined) return undefined;
  return (scope) => {
    let value = root(scope);
    for (const name of names) {
      if (Array.isArray(value)) return UNDECIDED;
      if (typeof value !== 'object' || value === null) return undefined;
      if ('_jsonata_function' in value || '_jsonata_lambda' in value) return UNDECIDED;
      value = Object.hasOwn(value, name) ? value[name] : undefined;
    }
    return value;
  };
}

function binary(node: AstNode): PlainExpression | undefined {
  const left = node.lhs && compilePlain(node.lhs);
  const right = node.rhs && compilePlain(node.rhs);
  if (left === undefined || right === undefined) return undefined;
  const strict =
    (decide: (a: JsonValue | undefined, b: JsonValue | undefined) => Value): PlainExpression =>
    (scope) => {
      const a = left(scope);
      const b = right(scope);
      return a === UNDECIDED || b === UNDECIDED ? UNDECIDED : decide(a, b);
    };
  switch (node.value) {
    case '=':
      return strict((a, b) => equals(a, b, true));
    case '!=':
      return strict((a, b) => equals(a, b, false));
    case '<':
      return strict((a, b) => compare(a, b, (x, y) => x < y));
    case '<=':
      return strict((a, b) => compare(a, b, (x, y) => x <= y));
    case '>':
      return strict((a, b) => compare(a, b, (x, y) => x > y));
    case '>=':
      return strict((a, b) => compare(a, b, (x, y) => x >= y));
    case 'and':
      return connective(left, right, false);
    case 'or':
      return connective(left, right, true);
    default:
      return undefined;
  }
}

function equals(a: JsonValue | undefined, b: JsonValue | undefined, expected: boolean): Value {
  if (a === undefined || b === undefined) return false;
  if (typeof a === 'object' && typeof b === 'object' && a !== null && b !== null) return UNDECIDED;
  return (a === b) === expected;
}

function compare(
  a: JsonValue | undefined,
  b: JsonValue | undefined,
  holds: (a: string | number, b: string | number) => boolean,
): Value {
  if (!isComparable(a) || !isComparable(b)) return UNDECIDED;
  if (a === undefined || b === undefined) return undefined;
  return typeof a === typeof b ? holds(a, b) : UNDECIDED;
}

function isComparable(value: JsonValue | undefined): value is string | number | undefined {
  return value === undefined || typeof value === 'string' || typeof value === 'number';
}

/** `and` is settled by a false left side, `or` by a true one. */
function connective(left: PlainExpression, right: PlainExpression, settling: boolean): PlainExpression {
  return (scope) => {
    const a = truth(left(scope));
    return a === UNDECIDED || a === settling ? a : truth(right(scope));
  };
}

function truth(value: Value): boolean | typeof UNDECIDED {
  if (value === UNDECIDED) return UNDECIDED;
  if (typeof value === 'object' && value !== null) return UNDECIDED;
  return Boolean(value);
}
