import type { SeenExecution } from './execution-log.js';

/** Which execution is meant: by id, by the handle that `submit` gave, by its workflow, or by a predicate; the first one of several. */
export type ExecutionSelector =
  string | { executionId: string } | { workflowId: string } | ((seen: SeenExecution) => boolean);

export function selects(selector: ExecutionSelector, seen: SeenExecution): boolean {
  if (typeof selector === 'function') return selector(seen);
  if (typeof selector === 'string') return seen.executionId === selector;
  if ('executionId' in selector) return seen.executionId === selector.executionId;
  return seen.workflowId === selector.workflowId;
}

export function describeSelector(selector: ExecutionSelector): string {
  if (typeof selector === 'function') return 'an execution that the predicate takes';
  if (typeof selector === 'string') return `execution "${selector}"`;
  if ('executionId' in selector) return `execution "${selector.executionId}"`;
  return `an execution of workflow "${selector.workflowId}"`;
}
