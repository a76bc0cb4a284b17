import type { Commit } from '#state';
import type { ExecutionStatus } from './execution.js';
import type { ExecutionFacts } from './stored-execution.js';

type IndexMoves = NonNullable<Commit['index']>[number][];

/** Finished executions by the moment they finished; what retention reads. */
export const FINISHED_INDEX = 'executions:finished';

/** The index that answers a listing: each filter, and each pair of them, has one, so that nothing is ever scanned. */
export function listingIndex({
  status,
  workflowId,
}: {
  status?: ExecutionStatus;
  workflowId?: string;
}): string {
  // The workflow's id comes last: it may hold any character, a separator too.
  const byStatus = status === undefined ? '' : `:status:${status}`;
  const byWorkflow = workflowId === undefined ? '' : `:workflow:${workflowId}`;
  return `executions${byStatus}${byWorkflow}`;
}

export function enterIndexes(facts: ExecutionFacts, status: ExecutionStatus): IndexMoves {
  const { executionId: member, workflowId } = facts;
  const score = Date.parse(facts.submittedAt);
  return [
    { index: listingIndex({}), member, score },
    { index: listingIndex({ workflowId }), member, score },
    ...statusMoves(facts, status, score),
  ];
}

export function changeStatus(facts: ExecutionFacts, from: ExecutionStatus, to: ExecutionStatus): IndexMoves {
  if (from === to) return [];
  return [...statusMoves(facts, from, null), ...statusMoves(facts, to, Date.parse(facts.submittedAt))];
}

export function leaveIndexes(facts: ExecutionFacts, status: ExecutionStatus): IndexMoves {
  const { executionId: member, workflowId } = facts;
  return [
    { index: listingIndex({}), member, score: null },
    { index: listingIndex({ workflowId }), member, score: null },
    { index: FINISHED_INDEX, member, score: null },
    ...statusMoves(facts, status, null),
  ];
}

function statusMoves(
  { executionId: member, workflowId }: ExecutionFacts,
  status: ExecutionStatus,
  score: number | null,
): IndexMoves {
  return [
    { index: listingIndex({ status }), member, score },
    { index: listingIndex({ status, workflowId }), member, score },
  ];
}
