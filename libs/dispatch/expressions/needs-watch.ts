import type { AstNode } from './ast.js';

/** Each of these does work in proportion to its operands, whose size the source and the scope bound. */
const TAME = new Set([
  'path',
  'name',
  'variable',
  'string',
  'number',
  'value',
  'binary',
  'unary',
  'condition',
  'filter',
]);

/**
 * Whether one part of an expression may run for longer than its inputs explain, with no step of the engine in between
 * at which to look at the clock: built-ins, wildcards and ranges may, and so may anything on a value in which one part
 * is used many times over, which takes a variable of its own to make.
 */
export function needsWatch(nodes: readonly AstNode[]): boolean {
  return nodes.some(({ type, value }) => !TAME.has(type) || (type === 'binary' && value === '..'));
}
