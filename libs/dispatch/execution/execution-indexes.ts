import { LRUCache } from 'lru-cache';
import type { Commit } from '#state';
import { EXECUTION_STATUSES, type ExecutionStatus } from './execution.js';
import type { ExecutionFacts, ExecutionState } from './stored-execution.js';

type IndexMoves = NonNullable<Commit['index']>[number][];

/** Finished executions by the moment they finished; what retention reads. */
export const FINISHED_INDEX = 'executions:finished';

/** Workflows whose names of indexes are remembered: to put one together takes longer than to look it up. */
const MAX_REMEMBERED = 500;

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

type StatusNames = Record<ExecutionStatus, string>;

interface IndexNames {
  ofWorkflow: string;
  ofStatus: StatusNames;
}

const ALL = listingIndex({});
const OF_STATUS = statusNames();
const remembered = new LRUCache<string, IndexNames>({ max: MAX_REMEMBERED });

export function enterIndexes(facts: ExecutionFacts, status: ExecutionStatus): IndexMoves {
  const { executionId: member, workflowId } = facts;
  const { ofWorkflow, ofStatus } = namesOf(workflowId);
  const score = Date.parse(facts.submittedAt);
  return [
    { index: ALL, member, score },
    { index: ofWorkflow, member, score },
    { index: OF_STATUS[status], member, score },
    { index: ofStatus[status], member, score },
  ];
}

/** From the status on record to the given state. */
export function statusMoves(
  facts: ExecutionFacts,
  from: ExecutionStatus,
  { status, finishedAt }: ExecutionState,
): IndexMoves {
  if (from === status) return [];
  const { executionId: member, workflowId } = facts;
  const { ofStatus } = namesOf(workflowId);
  const score = Date.parse(facts.submittedAt);
  const moves: IndexMoves = [
    { index: OF_STATUS[from], member, score: null },
    { index: ofStatus[from], member, score: null },
    { index: OF_STATUS[status], member, score },
    { index: ofStatus[status], member, score },
  ];
  if (finishedAt !== null) moves.push({ index: FINISHED_INDEX, member, score: Date.parse(finishedAt) });
  return moves;
}

/** Into the listings of a status, or out of them. */
export function listedAs(facts: ExecutionFacts, status: ExecutionStatus, isListed: boolean): IndexMoves {
  const { executionId: member, workflowId, submittedAt } = facts;
  const score = isListed ? Date.parse(submittedAt) : null;
  return [OF_STATUS[status], namesOf(workflowId).ofStatus[status]].map((index) => ({ index, member, score }));
}

export function leaveIndexes({ executionId: member, workflowId }: ExecutionFacts, status: ExecutionStatus) {
  const { ofWorkflow, ofStatus } = namesOf(workflowId);
  return [ALL, ofWorkflow, FINISHED_INDEX, OF_STATUS[status], ofStatus[status]].map((index) => {
    return { index, member, score: null };
  });
}

function namesOf(workflowId: string): IndexNames {
  let names = remembered.get(workflowId);
  if (names === undefined) {
    names = { ofWorkflow: listingIndex({ workflowId }), ofStatus: statusNames(workflowId) };
    remembered.set(workflowId, names);
  }
  return names;
}

function statusNames(workflowId?: string): StatusNames {
  return Object.fromEntries(
    EXECUTION_STATUSES.map((status) => [status, listingIndex({ status, workflowId })]),
  ) as StatusNames;
}
