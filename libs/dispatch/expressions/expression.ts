import { ValidationError, type JsonValue } from '#core';
import { allNodes, type AstNode } from './ast.js';
import { ExpressionError, ExpressionTimeoutError } from './expression.errors.js';
import { MAX_EXPRESSION_LENGTH, type ExpressionLimits } from './expression-limits.js';
import type { ParsedExpression } from './engine.js';
import { expressionRealm } from './expression-realm.js';
import type { ExpressionScope } from './expression-scope.js';
import { findSyntaxProblems, reasonOf } from './expression-syntax.js';
import { copyJson } from './json-copy.js';
import { needsWatch } from './needs-watch.js';
import { UNDECIDED, compilePlain, type PlainExpression } from './plain-expression.js';
import { parseSimplePath } from './simple-path.js';
import { scopeUse, type ScopeUse } from './scope-use.js';

/**
 * Compiles the text between `{%` and `%}`.
 * @throws {ValidationError} with every problem of the syntax, each naming its character where the engine tells it.
 */
export function compileExpression(source: string): Expression {
  if (source.length > MAX_EXPRESSION_LENGTH)
    throw invalid([`is longer than ${MAX_EXPRESSION_LENGTH} characters`]);
  try {
    const simple = parseSimplePath(source);
    // Should it turn out to need the engine after all, it is parsed then.
    if (simple !== undefined) return assemble(source, simple, allNodes(simple), undefined);
    const { expression, nodes } = expressionRealm().parse(source);
    return assemble(source, expression.ast(), nodes, expression);
  } catch (error) {
    throw error instanceof ValidationError ? error : invalid([reasonOf(error)]);
  }
}

function assemble(
  source: string,
  root: AstNode,
  nodes: readonly AstNode[],
  parsed: ParsedExpression | undefined,
): Expression {
  const problems = findSyntaxProblems(nodes);
  if (problems.length > 0) throw invalid(problems);
  return new Expression(source, {
    parsed,
    parts: parsed === undefined ? 0 : nodes.length,
    use: scopeUse(nodes),
    plain: compilePlain(root),
    isWatched: needsWatch(nodes),
  });
}

interface CompiledParts {
  parsed: ParsedExpression | undefined;
  parts: number;
  use: ScopeUse;
  plain: PlainExpression | undefined;
  isWatched: boolean;
}

/** A compiled JSONata expression. Evaluations share nothing and leave nothing behind. */
export class Expression {
  readonly source: string;
  /** The step ids it names for certain as `$steps.<id>`. */
  readonly stepIds: readonly string[];
  /** Nodes of its syntax tree that are kept: what it takes in memory goes by it. 0 for a simple path. */
  readonly parts: number;
  readonly #use: ScopeUse;
  readonly #plain: PlainExpression | undefined;
  readonly #isWatched: boolean;
  #parsed: ParsedExpression | undefined;

  /** @internal `compileExpression` makes them. */
  constructor(source: string, { parsed, parts, use, plain, isWatched }: CompiledParts) {
    this.source = source;
    this.parts = parts;
    this.stepIds = use.stepIds;
    this.#parsed = parsed;
    this.#use = use;
    this.#plain = plain;
    this.#isWatched = isWatched;
  }

  /**
   * The expression's value, a plain JSON value that shares nothing with the scope; undefined when it has none.
   * Synchronous: whatever the expression does is over when this returns, at the latest after `timeoutMs`.
   * @throws {ExpressionError} `EXPRESSION_FAILED`, not retryable.
   */
  evaluate(scope: ExpressionScope, { timeoutMs }: ExpressionLimits): JsonValue | undefined {
    const endsAt = performance.now() + timeoutMs;
    try {
      const plain = this.#plain === undefined ? UNDECIDED : this.#plain(scope);
      const value = plain === UNDECIDED ? this.#evaluateInRealm(scope, timeoutMs, endsAt) : plain;
      return value === undefined ? undefined : copyJson(value, endsAt);
    } catch (error) {
      throw new ExpressionError(this.source, reasonOf(error), { cause: error });
    }
  }

  #evaluateInRealm(scope: ExpressionScope, timeoutMs: number, endsAt: number): unknown {
    const realm = expressionRealm();
    const expression = (this.#parsed ??= realm.parse(this.source).expression);
    const bindings = this.#bindings(scope, endsAt);
    try {
      return realm.evaluate({ expression, isWatched: this.#isWatched, bindings, timeoutMs });
    } catch (error) {
      if (error instanceof ExpressionTimeoutError) this.#parsed = undefined;
      throw error;
    }
  }

  /** Copies of what it can read: the engine writes into arrays and objects that it is given, in five places at least. */
  #bindings(
    { input, steps, execution }: ExpressionScope,
    endsAt: number,
  ): Record<string, JsonValue | undefined> {
    const ids = this.#use.steps === 'all' ? Object.keys(steps) : this.#use.steps;
    const known = ids.filter((id) => Object.hasOwn(steps, id));
    return {
      input: this.#use.input ? copyJson(input, endsAt) : undefined,
      execution: this.#use.execution ? copyJson(execution, endsAt) : undefined,
      steps: Object.fromEntries(known.map((id) => [id, copyJson(steps[id], endsAt)])),
    };
  }
}

function invalid(messages: readonly string[]): ValidationError {
  return new ValidationError(
    'expression',
    messages.map((message) => ({ path: '', message })),
  );
}
