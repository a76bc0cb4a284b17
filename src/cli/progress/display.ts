import type { Clock } from '#core';
import type { ExecutionEvent } from '#dispatch';
import type { Cli } from '../cli.js';
import type { ExecutionView } from './execution-view.js';
import { LineDisplay } from './line-display.js';
import { LiveDisplay } from './live-display.js';

/** Shows how an execution goes. */
export interface Display {
  /** Shows an execution from now on. */
  open(view: ExecutionView): void;
  /** The view has changed, by this event. */
  changed(event: ExecutionEvent): void;
  /** Tells something beside the execution, safe to show. */
  note(text: string): void;
  /** Leaves what is shown as it is, and the terminal as it was. Idempotent. */
  close(): void;
}

export interface DisplayOptions {
  clock: Clock;
  /** How far the wall clock of whoever runs the execution is ahead of ours, ms. Default 0. */
  aheadMs?: number;
}

/** Lines that are redrawn in a terminal, a line an event elsewhere, or where somebody asked for it. */
export function createDisplay({ env, stderr }: Cli, options: DisplayOptions): Display {
  const isPlain = stderr.isTTY !== true || Boolean(env.NO_COLOR) || env.TERM === 'dumb';
  return isPlain ? new LineDisplay(stderr) : new LiveDisplay(stderr, options);
}
