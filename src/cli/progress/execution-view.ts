import type { Execution, ExecutionEvent, ExecutionStatus, StepStatus } from '#dispatch';
import { formatDuration } from '../text/duration.js';

/** A step as it is shown. Times are ms since the epoch. */
export interface StepView {
  readonly id: string;
  status: StepStatus | 'retrying';
  attempts: number;
  startedAt: number | null;
  finishedAt: number | null;
  /** What its agent said last, or what went wrong. */
  note: string;
}

/** An execution as it is shown, told by its events from the first one on. */
export interface ExecutionView {
  readonly executionId: string;
  readonly workflowId: string;
  status: ExecutionStatus;
  startedAt: number | null;
  finishedAt: number | null;
  /** In document order. */
  readonly steps: ReadonlyMap<string, StepView>;
}

/** Before the first event. */
export function viewOf({ executionId, workflowId, steps }: Execution): ExecutionView {
  return {
    executionId,
    workflowId,
    status: 'pending',
    startedAt: null,
    finishedAt: null,
    steps: new Map(Object.keys(steps).map((id) => [id, pendingStep(id)])),
  };
}

function pendingStep(id: string): StepView {
  return { id, status: 'pending', attempts: 0, startedAt: null, finishedAt: null, note: '' };
}

/** What the event changes. An event that is not known, of a newer service, changes nothing. */
export function applyEvent(view: ExecutionView, event: ExecutionEvent): void {
  const at = Date.parse(event.time);
  switch (event.type) {
    case 'execution.queued':
      Object.assign(view, { status: 'pending', startedAt: null, finishedAt: null });
      for (const step of view.steps.values())
        if (step.status !== 'completed') Object.assign(step, pendingStep(step.id));
      return;
    case 'execution.started':
      Object.assign(view, { status: 'running', startedAt: view.startedAt ?? at });
      return;
    case 'execution.completed':
    case 'execution.failed':
    case 'execution.cancelled':
    case 'execution.timed_out':
      Object.assign(view, { status: event.type.slice('execution.'.length), finishedAt: at });
      return;
    default:
      applyStepEvent(view, event, at);
  }
}

type StepEvent = Extract<ExecutionEvent, { type: `step.${string}` }>;

function applyStepEvent(view: ExecutionView, event: StepEvent, at: number): void {
  const step = view.steps.get(event.data.stepId);
  if (step === undefined) return;
  switch (event.type) {
    case 'step.started':
      step.startedAt ??= at;
      Object.assign(step, { status: 'running', attempts: event.data.attempt, note: '' });
      return;
    case 'step.progress':
      step.note = progressNote(event.data);
      return;
    case 'step.retrying':
      Object.assign(step, { status: 'retrying', note: retryNote(event.data) });
      return;
    case 'step.completed':
      Object.assign(step, { status: 'completed', finishedAt: at, note: '' });
      return;
    case 'step.failed':
      Object.assign(step, { status: 'failed', finishedAt: at, note: errorNote(event.data.error) });
      return;
    case 'step.skipped':
      Object.assign(step, { status: 'skipped', finishedAt: at, note: skipNote(event.data.reason) });
      return;
    case 'step.cancelled':
      Object.assign(step, { status: 'cancelled', finishedAt: at });
  }
}

type DataOf<T extends ExecutionEvent['type']> = Extract<ExecutionEvent, { type: T }>['data'];

export function progressNote({ progress, total, message }: DataOf<'step.progress'>): string {
  const amount = total === null ? `${progress}` : `${progress}/${total}`;
  return message === null ? amount : `${amount} ${message}`;
}

export function retryNote({ delayMs, error }: DataOf<'step.retrying'>): string {
  return `again in ${formatDuration(delayMs)}: ${errorNote(error)}`;
}

export function errorNote({ code, message }: { code: string; message: string }): string {
  return `${code} ${message}`;
}

export function skipNote(reason: 'when' | 'dependency'): string {
  return reason === 'when' ? 'its condition is false' : 'a step before it failed';
}
