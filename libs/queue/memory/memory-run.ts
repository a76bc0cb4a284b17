import { JobRun } from '../jobs/job-run.js';
import type { JobEntry } from './job-entry.js';

/** One call of a handler, with the job it is for. */
export class MemoryRun extends JobRun {
  readonly entry: JobEntry;
  /** The consumer whose handler it is. */
  readonly owner: object;

  constructor(entry: JobEntry, owner: object, controller: AbortController) {
    super(controller);
    this.entry = entry;
    this.owner = owner;
  }
}
