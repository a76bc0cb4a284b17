import type { AstNode } from './ast.js';
import { compileRe2 } from './re2-regexp.js';

/** What the engine's parser lets pass but we do not. */
export function findSyntaxProblems(nodes: readonly AstNode[]): string[] {
  return nodes.flatMap((node) => {
    // It would run what no check at the door has seen.
    if (node.type === 'variable' && node.value === 'eval')
      return [`$eval is not available${at(node.position)}`];
    if (node.type === 'regex') {
      try {
        compileRe2(node.value as RegExp);
      } catch (error) {
        return [`${reasonOf(error)}${at(node.position)}`];
      }
    }
    return [];
  });
}

/** What went wrong, in one line, from an error or from one of the engine's error records. */
export function reasonOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return String(error);
  const { message, position, code } = error as { message?: unknown; position?: unknown; code?: unknown };
  if (typeof message !== 'string') return typeof code === 'string' ? code : 'unknown error';
  if (message === 'Maximum call stack size exceeded') return 'is nested too deeply';
  return `${message}${at(position)}`;
}

function at(position: unknown): string {
  return typeof position === 'number' ? ` (at character ${position})` : '';
}
