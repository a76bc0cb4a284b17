import type { ExecutionStatus, StepStatus } from '#dispatch';
import type { OrchestraEventMap, OrchestraEvents, OrchestraEventType } from '#events';

/** Executions that are remembered, the latest ones. */
const MAX_EXECUTIONS = 10_000;

/** How many of them an error lists. */
const MAX_LISTED = 10;

/** What was seen of one execution. */
export interface SeenExecution {
  executionId: string;
  workflowId: string;
  /** The statuses that it has had, in order; those of its latest run when it was retried. */
  statuses: readonly ExecutionStatus[];
  /** The same of its steps, by id. */
  steps: Readonly<Record<string, readonly StepStatus[]>>;
}

interface Seen extends SeenExecution {
  statuses: ExecutionStatus[];
  steps: Record<string, StepStatus[]>;
}

const EXECUTION_STATUS: Partial<Record<OrchestraEventType, ExecutionStatus>> = {
  'execution.queued': 'pending',
  'execution.started': 'running',
  'execution.completed': 'completed',
  'execution.failed': 'failed',
  'execution.cancelled': 'cancelled',
  'execution.timed_out': 'timed_out',
};

const STEP_STATUS: Partial<Record<OrchestraEventType, StepStatus>> = {
  'step.started': 'running',
  'step.completed': 'completed',
  'step.failed': 'failed',
  'step.skipped': 'skipped',
  'step.cancelled': 'cancelled',
};

/** What the events of an orchestra have told of its executions since it was made. */
export class ExecutionLog {
  readonly #seen = new Map<string, Seen>();
  readonly #unsubscribe: () => void;

  /** @param onChange called after each entry. */
  constructor(events: OrchestraEvents, onChange: () => void) {
    this.#unsubscribe = events.onAny((data, type) => {
      this.#enter(data, type);
      onChange();
    });
  }

  executions(): Iterable<SeenExecution> {
    return this.#seen.values();
  }

  /** The latest executions, a line each. */
  toString(): string {
    if (this.#seen.size === 0) return 'no execution';
    return [...this.#seen.values()]
      .slice(-MAX_LISTED)
      .map(({ executionId, workflowId, statuses, steps }) => {
        const list = Object.entries(steps).map(([stepId, had]) => `${stepId}: ${had.join(' ')}`);
        return `\n- ${executionId} of "${workflowId}": ${statuses.join(' ')} (${list.join(', ') || 'no step'})`;
      })
      .join('');
  }

  close(): void {
    this.#unsubscribe();
  }

  #enter(data: OrchestraEventMap[OrchestraEventType], type: OrchestraEventType): void {
    if (!('executionId' in data)) return;
    const { executionId, workflowId } = data;
    if (type === 'execution.queued') this.#seen.delete(executionId);
    let seen = this.#seen.get(executionId);
    if (seen === undefined) {
      seen = { executionId, workflowId, statuses: [], steps: {} };
      this.#seen.set(executionId, seen);
      const [oldest] = this.#seen.keys();
      if (this.#seen.size > MAX_EXECUTIONS && oldest !== undefined) this.#seen.delete(oldest);
    }
    const status = EXECUTION_STATUS[type];
    if (status !== undefined) seen.statuses.push(status);
    const stepStatus = STEP_STATUS[type];
    if (stepStatus !== undefined && 'stepId' in data) (seen.steps[data.stepId] ??= []).push(stepStatus);
  }
}
