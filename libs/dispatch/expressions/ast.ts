import { MAX_EXPRESSION_NODES } from './expression-limits.js';

/** A node of the engine's syntax tree, as far as we look at it. */
export interface AstNode {
  type: string;
  value?: unknown;
  position?: number;
  /** Of a `path`. */
  steps?: AstNode[];
  /** Of a `binary`, a `bind`. */
  lhs?: AstNode;
  rhs?: AstNode;
  /** Parameters of a `lambda`. */
  arguments?: AstNode[];
  /** Variables that a step binds with `@$name` and `#$name`. */
  focus?: string;
  index?: string;
}

/** Every node of the tree, each once. Iterative: a tree may be deeper than the stack. @throws {RangeError} if it is too large. */
export function allNodes(root: AstNode): AstNode[] {
  const nodes: AstNode[] = [];
  const seen = new Set<object>([root]);
  const pending: object[] = [root];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if ('type' in next && typeof next.type === 'string') nodes.push(next as AstNode);
    if (nodes.length > MAX_EXPRESSION_NODES)
      throw new RangeError(`has more than ${MAX_EXPRESSION_NODES} parts`);
    for (const child of Object.values(next)) {
      if (typeof child !== 'object' || child === null || seen.has(child as object)) continue;
      seen.add(child as object);
      pending.push(child as object);
    }
  }
  return nodes;
}
