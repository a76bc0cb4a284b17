import type { ExpressionScope } from '../expressions/expression-scope.js';
import type { ExecutionJournal } from '../execution/execution-journal.js';
import type { ExecutionFacts } from '../execution/stored-execution.js';
import type { StepRecord } from '../execution/execution.js';

/** What the steps of one run of an execution share. */
export interface RunContext {
  facts: ExecutionFacts;
  journal: ExecutionJournal;
  /** Aborts when the run must stop: its reason is an `AbortedError`. */
  signal: AbortSignal;
  /** When the execution times out; ms since the epoch. */
  endsAt: number;
  /** What expressions see; grows as steps end. */
  scope: ExpressionScope;
  /** The latest record of each step that was ever begun, by an earlier worker too. */
  steps: Map<string, StepRecord>;
  /** Commits what was noted; a refusal stops the run. */
  flush: () => Promise<void>;
  /** Commits what was noted without making anybody wait; a refusal stops the run. */
  flushSoon: () => void;
}
