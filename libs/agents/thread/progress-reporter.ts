import type { AgentProgress } from '#agent-pool';
import { MAX_PROGRESS_REPORTS, MAX_REPORT_MESSAGE_LENGTH } from './thread-protocol.js';

/** Sends the reports of one task on: plain, short and not too many. One without a number is none. */
export class ProgressReporter {
  readonly #send: (report: AgentProgress) => void;
  #count = 0;

  constructor(send: (report: AgentProgress) => void) {
    this.#send = send;
  }

  /** Whatever the module says in it, as where nothing checks its types. */
  report(report: Partial<AgentProgress> | null | undefined): void {
    const { progress, total, message } = report ?? {};
    if (typeof progress !== 'number' || this.#count >= MAX_PROGRESS_REPORTS) return;
    this.#count++;
    this.#send({
      progress,
      ...(typeof total === 'number' ? { total } : {}),
      ...(typeof message === 'string' ? { message: message.slice(0, MAX_REPORT_MESSAGE_LENGTH) } : {}),
    });
  }
}
