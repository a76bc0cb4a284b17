import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Script } from 'node:vm';
import type { AstNode } from './ast.js';

/** A parsed expression of the engine. */
export interface ParsedExpression {
  ast(): AstNode;
  assign(name: string | symbol, value: unknown): void;
  /** @throws the engine's error record `{code, message, position, ...}`; {RangeError} when nested too deeply. */
  evaluate(input: unknown, bindings: Record<string, unknown>): unknown;
}

/** Parses an expression. @throws the engine's error record for bad syntax. */
export type Engine = (source: string, options: object) => ParsedExpression;

/** JSONata, made synchronous, and its own source, in which its built-ins are named. */
export interface LoadedEngine {
  engine: Engine;
  source: string;
}

/**
 * Loads JSONata with its `async` and `await` taken out.
 *
 * It is asynchronous for functions that an application may register; we register none that is. Left in, they are ten
 * times the cost of an evaluation, let evaluations interleave that share time stamps and error positions in the engine,
 * let an object with a `then` hold up an evaluation for ever, and, worst, forbid stopping it half-way: a stopped promise
 * job leaves Node's promise hooks unbalanced, which ends the process (`execution_async_id() == 0`).
 *
 * A spec compares it with the package as it is.
 */
export function loadEngine(): LoadedEngine {
  const source = readFileSync(createRequire(import.meta.url).resolve('jsonata'), 'utf8');
  const synchronous = source.replace(/\basync (?=function\b|\()/g, '').replace(/\bawait /g, '');
  const module: { exports: unknown } = { exports: {} };
  const wrapper = new Script(`(function (module, exports, global, Promise) {${synchronous}\n})`, {
    filename: 'jsonata.js',
  });
  const load = wrapper.runInThisContext() as (...args: readonly unknown[]) => void;
  // It looks for Buffer, its base64 codec, in `global`. What its promises waited for is there already.
  load(module, module.exports, { Buffer }, { all: (values: unknown) => values });
  const engine = module.exports as Engine;
  if (
    typeof engine !== 'function' ||
    engine('[1, 2].($ + 1)', {}).evaluate(undefined, {})?.toString() !== '2,3'
  ) {
    throw new Error('this version of jsonata cannot be made synchronous');
  }
  return { engine, source };
}
