import { printable } from '../text/printable.js';
import { formatDuration } from '../text/duration.js';
import { displayWidth, fit, truncate } from '../text/width.js';
import type { ExecutionView, StepView } from './execution-view.js';

/** The part of a terminal that may be used. */
export interface Frame {
  columns: number;
  rows: number;
  /** Wall clock of whoever runs the execution, ms. */
  now: number;
}

/** One column each, and the colour of the first one, by its SGR number. */
const MARKS: Record<StepView['status'], { mark: string; colour: number }> = {
  pending: { mark: '·', colour: 90 },
  running: { mark: '•', colour: 36 },
  retrying: { mark: '↻', colour: 33 },
  completed: { mark: '✓', colour: 32 },
  failed: { mark: '✗', colour: 31 },
  skipped: { mark: '-', colour: 90 },
  cancelled: { mark: '○', colour: 33 },
};

const LONGEST_STATUS = 'completed'.length;
const WIDEST_ID = 32;

/** What is shown first when there are more steps than rows. */
const URGENCY: readonly StepView['status'][] = [
  'running',
  'retrying',
  'failed',
  'cancelled',
  'pending',
  'completed',
  'skipped',
];

/**
 * The lines that show an execution: one for itself, one a step. None is wider than the frame, and there are not more
 * than it has rows: of more steps those that matter most are shown, in document order, and the others counted.
 */
export function renderProgress(view: ExecutionView, { columns, rows, now }: Frame): string[] {
  const steps = [...view.steps.values()];
  const shown = selectSteps(steps, Math.max(0, rows - 1));
  const idWidth = Math.min(WIDEST_ID, Math.max(0, ...shown.map(({ id }) => displayWidth(printable(id)))));
  const lines = [
    header(view, steps, now),
    ...shown.map((step) => stepLine(step, idWidth, now)),
    ...(shown.length < steps.length ? [hiddenLine(steps, shown)] : []),
  ];
  return lines.slice(0, Math.max(1, rows)).map((line) => truncate(line, columns));
}

/** Colours the mark at the start of a line; the text stays as wide as it is. */
export function colourMark(line: string): string {
  const colour = Object.values(MARKS).find(({ mark }) => line.startsWith(`${mark} `))?.colour;
  return colour === undefined ? line : `\u001b[${colour}m${line.slice(0, 1)}\u001b[39m${line.slice(1)}`;
}

function header(view: ExecutionView, steps: readonly StepView[], now: number): string {
  const ended = steps.filter(({ finishedAt }) => finishedAt !== null).length;
  const parts = [
    printable(view.workflowId),
    view.status,
    ...(view.startedAt === null ? [] : [formatDuration((view.finishedAt ?? now) - view.startedAt)]),
    `${ended}/${steps.length} steps`,
    view.executionId,
  ];
  return printable(parts.join('  '));
}

function stepLine(step: StepView, idWidth: number, now: number): string {
  const { id, status, attempts, startedAt, finishedAt, note } = step;
  const elapsed = startedAt === null ? '' : formatDuration((finishedAt ?? now) - startedAt);
  const tries = attempts > 1 ? `${attempts} attempts` : '';
  const parts = [
    fit(printable(id), idWidth),
    status.padEnd(LONGEST_STATUS),
    elapsed.padStart(8),
    tries,
    note,
  ];
  return printable(`${MARKS[status].mark} ${parts.filter((part) => part !== '').join('  ')}`).trimEnd();
}

function selectSteps(steps: readonly StepView[], room: number): readonly StepView[] {
  if (steps.length <= room) return steps;
  const byUrgency = steps.toSorted((a, b) => urgency(a) - urgency(b) || latest(b) - latest(a));
  // One row counts the others.
  const chosen = new Set(byUrgency.slice(0, Math.max(0, room - 1)));
  return steps.filter((step) => chosen.has(step));
}

function urgency({ status }: StepView): number {
  return URGENCY.indexOf(status);
}

/** Of those that ended, the last ones are of interest. */
function latest({ finishedAt }: StepView): number {
  return finishedAt ?? 0;
}

function hiddenLine(steps: readonly StepView[], shown: readonly StepView[]): string {
  const hidden = steps.filter((step) => !shown.includes(step));
  const counts = URGENCY.map((status) => ({
    status,
    count: hidden.filter((step) => step.status === status).length,
  }));
  const told = counts.filter(({ count }) => count > 0).map(({ status, count }) => `${count} ${status}`);
  return `  and ${hidden.length} more: ${told.join(', ')}`;
}
