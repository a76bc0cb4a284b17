import type { AstNode } from './ast.js';

const SIMPLE_PATH = /^\$(?:input|steps|execution)(?:\.[A-Za-z][A-Za-z0-9_]*)*$/;

/** Names that mean something else to the parser, or may. */
const WORDS = new Set(['and', 'or', 'in', 'true', 'false', 'null', 'function']);

/**
 * The tree of a path like `$steps.read.output`, without the parser, which takes fifty times as long: a document may hold
 * ten thousand of them. Undefined for any other source.
 */
export function parseSimplePath(source: string): AstNode | undefined {
  if (!SIMPLE_PATH.test(source)) return undefined;
  const [root, ...names] = source.slice(1).split('.');
  if (names.some((name) => WORDS.has(name))) return undefined;
  const variable: AstNode = { type: 'variable', value: root };
  if (names.length === 0) return variable;
  return { type: 'path', steps: [variable, ...names.map((value) => ({ type: 'name', value }))] };
}
