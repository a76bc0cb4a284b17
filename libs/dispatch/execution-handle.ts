import type { ExecutionEvent } from './execution/execution-event.js';
import type { Execution } from './execution/execution.js';

export interface ReadEventsOptions {
  /** Resumes behind the event of this position, or with the oldest kept if that is later. Default: from the first event. */
  after?: string;
  /** Ends the iteration. */
  signal?: AbortSignal;
}

/** What `submit` gives: the execution's id and what one usually asks of it. */
export interface ExecutionHandle {
  readonly executionId: string;

  /**
   * The execution once it has finished, whatever its final status: look at `status`, `output` and `error`.
   * @throws {DispatchError} `SHUTTING_DOWN` when this process ends before the execution does.
   */
  result(): Promise<Execution>;

  /** @throws {DispatchError} `EXECUTION_FINISHED`. */
  cancel(reason?: string): Promise<void>;

  /** The events of the execution, from the first one to the final one; `missed` of one tells of those no longer kept. */
  events(options?: ReadEventsOptions): AsyncIterable<ExecutionEvent>;
}
