import type { ExecutionEvent } from '#dispatch';
import type { Output } from '../cli.js';
import type { Display } from './display.js';
import { eventLine } from './event-line.js';

/** A line an event. */
export class LineDisplay implements Display {
  constructor(private readonly output: Output) {}

  open(): void {
    // The first event says it all.
  }

  changed(event: ExecutionEvent): void {
    const line = eventLine(event);
    if (line !== undefined) this.note(line);
  }

  note(text: string): void {
    this.output.write(`${text}\n`);
  }

  close(): void {
    // Nothing was changed in the terminal.
  }
}
