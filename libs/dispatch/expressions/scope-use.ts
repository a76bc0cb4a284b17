import type { AstNode } from './ast.js';

/** What of the scope an expression can read, told from its syntax alone. */
export interface ScopeUse {
  input: boolean;
  execution: boolean;
  /** `all` when it reaches into `$steps` in a way that only evaluating it would tell. */
  steps: 'all' | readonly string[];
  /** The step ids that it names for certain: `$steps.<id>`, where `$steps` is ours. */
  stepIds: readonly string[];
}

export function scopeUse(nodes: readonly AstNode[]): ScopeUse {
  const variables = nodes.filter((node) => node.type === 'variable');
  const named = new Map<AstNode, string>();
  for (const node of nodes) {
    const [first, second] = node.type === 'path' ? (node.steps ?? []) : [];
    if (first === undefined || second === undefined || !isBareSteps(first)) continue;
    if (second.type === 'name' && typeof second.value === 'string') named.set(first, second.value);
  }
  const ids = [...new Set(named.values())];
  const uses = (name: string): AstNode[] => variables.filter(({ value }) => value === name);
  const shadowed = nodes.some((node) => binds(node, 'steps'));
  return {
    input: uses('input').length > 0,
    execution: uses('execution').length > 0,
    steps: !shadowed && uses('steps').every((node) => named.has(node)) ? ids : 'all',
    stepIds: shadowed ? [] : ids,
  };
}

/** `$steps` with nothing attached: a filter or a group would change what the next name means. */
function isBareSteps(node: AstNode): boolean {
  const attached = Object.keys(node).some((key) => key !== 'type' && key !== 'value' && key !== 'position');
  return node.type === 'variable' && node.value === 'steps' && !attached;
}

function binds(node: AstNode, name: string): boolean {
  if (node.focus === name || node.index === name) return true;
  if (node.type === 'bind') return node.lhs?.value === name;
  // A filter stage `#$name` has the type index and the name as its value.
  if (node.type === 'index') return node.value === name;
  return node.type === 'lambda' && (node.arguments ?? []).some(({ value }) => value === name);
}
