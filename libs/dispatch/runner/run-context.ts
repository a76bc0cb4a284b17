import type { CompiledStep } from '../document/compiled-workflow.js';
import type { ExecutionJournal } from '../execution/execution-journal.js';
import type { StepRecord } from '../execution/execution.js';
import type { ExecutionFacts } from '../execution/stored-execution.js';
import type { ExpressionScope } from '../expressions/expression-scope.js';

/** What the steps of one run of an execution share. */
export interface RunContext {
  readonly facts: ExecutionFacts;
  readonly journal: ExecutionJournal;
  /** Aborts when the run must stop: its reason is an `AbortedError`. */
  readonly signal: AbortSignal;
  /** When the execution times out; ms since the epoch. */
  readonly endsAt: number;
  /** What expressions see; grows as steps end. */
  readonly scope: ExpressionScope;
  /** The latest record of each step that was ever begun, by an earlier worker too. */
  readonly steps: Record<string, StepRecord>;
  /** Whether a worker that was lost may have begun the step without leaving a record of it. */
  mayHaveBegun(step: CompiledStep): boolean;
}
