import type { OrchestraEventMap, OrchestraEventType } from '#events';

/** Which events a reader wants: those that fit every part that is there. */
export interface EventFilter {
  type?: ReadonlySet<OrchestraEventType>;
  executionId?: string;
  workflowId?: string;
}

export function matchesFilter(
  { type: types, executionId, workflowId }: EventFilter,
  type: OrchestraEventType,
  data: OrchestraEventMap[OrchestraEventType],
): boolean {
  if (types !== undefined && !types.has(type)) return false;
  if (executionId === undefined && workflowId === undefined) return true;
  if (!('executionId' in data)) return false;
  return (
    (executionId === undefined || data.executionId === executionId) &&
    (workflowId === undefined || data.workflowId === workflowId)
  );
}
