import type { ExecutionEvent } from '#dispatch';
import { formatDuration } from '../text/duration.js';
import { printable } from '../text/printable.js';
import { errorNote, progressNote, retryNote, skipNote } from './execution-view.js';

/** The line that tells of an event where nothing can be redrawn; undefined for one that is not known. */
export function eventLine(event: ExecutionEvent): string | undefined {
  const text = describe(event);
  return text === undefined ? undefined : printable(text);
}

function describe({ type, data }: ExecutionEvent): string | undefined {
  switch (type) {
    case 'execution.queued':
      return `execution ${data.executionId} of ${data.workflowId} queued${data.retry ? ' again' : ''}`;
    case 'execution.started':
      return `execution started (${data.strategy})`;
    case 'execution.completed':
      return `execution completed in ${formatDuration(data.durationMs)}`;
    case 'execution.failed':
    case 'execution.cancelled':
    case 'execution.timed_out':
      return `execution ${type.slice('execution.'.length)} after ${formatDuration(data.durationMs)}: ${errorNote(data.error)}`;
    case 'step.started':
      return `${data.stepId}: started, attempt ${data.attempt} (agent ${data.agentId})`;
    case 'step.progress':
      return `${data.stepId}: ${progressNote(data)}`;
    case 'step.retrying':
      return `${data.stepId}: ${retryNote(data)}`;
    case 'step.completed':
      return `${data.stepId}: completed in ${formatDuration(data.durationMs)}`;
    case 'step.failed':
      return `${data.stepId}: failed: ${errorNote(data.error)}`;
    case 'step.skipped':
      return `${data.stepId}: skipped: ${skipNote(data.reason)}`;
    case 'step.cancelled':
      return `${data.stepId}: cancelled`;
    default:
      return undefined;
  }
}
