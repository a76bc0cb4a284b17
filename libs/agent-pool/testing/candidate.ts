import type { SelectionCandidate } from '../selection/agent-selection.js';

export interface Candidate extends SelectionCandidate {
  name: string;
}

export interface CandidateFacts {
  active?: number;
  concurrency?: number;
  averageLatencyMs?: number | null;
  recentSuccessRate?: number;
  lastEndedAtMs?: number;
}

/** An agent as a selection sees it: free while `active` is below `concurrency` (10). */
export function makeCandidate(name: string, facts: CandidateFacts = {}): Candidate {
  const { active = 0, concurrency = 10 } = facts;
  const { averageLatencyMs = null, recentSuccessRate = 1, lastEndedAtMs = 0 } = facts;
  return {
    name,
    active,
    concurrency,
    free: active < concurrency,
    statistics: { averageLatencyMs, recentSuccessRate, lastEndedAtMs },
  };
}
