import type { LoggerService } from '@nestjs/common';
import { stackOf } from '../../lifecycle/stack-of.js';
import type { Display } from '../progress/display.js';
import { printableLines } from '../text/printable.js';

/** What goes wrong in the house is told beside the progress; what goes well, the progress, or the result, tells. */
export class DisplayLogger implements LoggerService {
  constructor(private readonly display: Pick<Display, 'note'>) {}

  log(): void {
    // Told otherwise.
  }

  warn(message: unknown): void {
    this.#note(message);
  }

  /** @param details the stack, or what was thrown. */
  error(message: unknown, details?: unknown): void {
    this.#note(message);
    if (details !== undefined) this.#note(details);
  }

  fatal(message: unknown): void {
    this.#note(message);
  }

  #note(message: unknown): void {
    this.display.note(printableLines(stackOf(message)));
  }
}
