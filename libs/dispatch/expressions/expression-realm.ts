import { Script, createContext } from 'node:vm';
import { allNodes, type AstNode } from './ast.js';
import { guardBuiltIns, type BuiltIn } from './built-ins.js';
import { loadEngine, type Engine, type ParsedExpression } from './engine.js';
import {
  MAX_NESTED_EVALUATIONS,
  MAX_SEQUENCE_LENGTH,
  MAX_VALUE_SIZE,
  PARSE_TIMEOUT_MS,
} from './expression-limits.js';
import { ExpressionTimeoutError } from './expression.errors.js';
import { Re2RegExp } from './re2-regexp.js';

export interface Evaluation {
  expression: ParsedExpression;
  /** Whether one part of it may run for longer than its inputs explain. */
  isWatched: boolean;
  bindings: Record<string, unknown>;
  timeoutMs: number;
}

const ENGINE_OPTIONS = {
  stack: MAX_NESTED_EVALUATIONS,
  sequence: MAX_SEQUENCE_LENGTH,
  RegexEngine: Re2RegExp,
} as const;

/** The engine calls this after each part of an expression, with the part's value last. */
const AFTER_PART = Symbol.for('jsonata.__evaluate_exit');

/** Each `?:` and `??` may double the tree; below this many, parsing needs no watch. */
const MAX_UNWATCHED_COPIES = 6;

/** What is watched is called from a script, since only a script can be given a time. */
const WATCHED = new Script('watched()');

/**
 * Where expressions are evaluated: each in one synchronous call that ends in time.
 *
 * The clock is looked at after each part of an expression. But built-ins run natively, some of them without end in sight
 * (`$distinct([1..1e5])` for seconds), so what calls them runs under a watch of V8's as well, which stops whatever runs.
 * It costs a thread: about 0.1 ms.
 */
export class ExpressionRealm {
  readonly #engine: Engine;
  readonly #assigned: ReadonlyMap<string | symbol, unknown>;
  readonly #watchContext = createContext({ watched: undefined as unknown });
  #startedMs = 0;
  #endsAt = 0;
  #timeoutMs = 0;

  constructor() {
    const { engine, source } = loadEngine();
    this.#engine = engine;
    const lookup = (name: string): BuiltIn => engine(`$${name}`, {}).evaluate(undefined, {}) as BuiltIn;
    const clock = guardBuiltIns(source, lookup, () => this.#startedMs);
    this.#assigned = new Map<string | symbol, unknown>([
      ...Object.entries(clock),
      [AFTER_PART, this.#afterPart],
    ]);
  }

  /**
   * The expression and every node of its syntax tree.
   * @throws the engine's error record for bad syntax; {@link ExpressionTimeoutError}; {RangeError} when nested too deeply,
   *   or too large.
   */
  parse(source: string): { expression: ParsedExpression; nodes: readonly AstNode[] } {
    const copies = source.match(/\?[?:]/g)?.length ?? 0;
    const parse = (): ParsedExpression => this.#engine(source, ENGINE_OPTIONS);
    const expression = copies <= MAX_UNWATCHED_COPIES ? parse() : this.#watch(parse, PARSE_TIMEOUT_MS);
    for (const [name, value] of this.#assigned) expression.assign(name, value);
    const nodes = allNodes(expression.ast());
    // The parser makes a symbol table a source, and each node's prototype is a symbol of it: they are six times the tree.
    for (const node of nodes) Object.setPrototypeOf(node, Object.prototype);
    return { expression, nodes };
  }

  /**
   * The engine's value, which may hold anything, the bindings' objects among it.
   * @throws the engine's error record; {@link ExpressionTimeoutError}; {RangeError} for what is too deep or too large.
   */
  evaluate({ expression, isWatched, bindings, timeoutMs }: Evaluation): unknown {
    this.#startedMs = Date.now();
    this.#endsAt = performance.now() + timeoutMs;
    this.#timeoutMs = timeoutMs;
    const run = (): unknown => expression.evaluate(undefined, bindings);
    return isWatched ? this.#watch(run, timeoutMs) : run();
  }

  /** Looks at the clock, and refuses strings that double before they fill the memory. */
  readonly #afterPart = (_node: unknown, _input: unknown, _environment: unknown, value: unknown): void => {
    if (performance.now() > this.#endsAt) throw tooLong(this.#timeoutMs);
    if (typeof value === 'string' && value.length > MAX_VALUE_SIZE) {
      throw new RangeError(`a string is longer than ${MAX_VALUE_SIZE} characters`);
    }
    if (Array.isArray(value) && value.length > MAX_SEQUENCE_LENGTH) {
      throw new RangeError(`an array is longer than ${MAX_SEQUENCE_LENGTH}`);
    }
  };

  #watch<T>(work: () => T, timeoutMs: number): T {
    this.#watchContext.watched = work;
    try {
      return WATCHED.runInContext(this.#watchContext, { timeout: timeoutMs }) as T;
    } catch (error) {
      if ((error as { code?: unknown } | null | undefined)?.code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT')
        throw error;
      throw tooLong(timeoutMs, { cause: error });
    } finally {
      this.#watchContext.watched = undefined;
    }
  }
}

function tooLong(timeoutMs: number, options?: ErrorOptions): ExpressionTimeoutError {
  return new ExpressionTimeoutError(`took longer than ${timeoutMs} ms`, options);
}

let shared: ExpressionRealm | undefined;

/** The process's one realm, made when the first expression is compiled. It keeps nothing from one call to the next. */
export function expressionRealm(): ExpressionRealm {
  return (shared ??= new ExpressionRealm());
}
