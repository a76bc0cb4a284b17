import type { Job } from 'bullmq';
import { AbortedError } from '#core';
import { JobRun } from '../jobs/job-run.js';

/** One call of a handler, and the promise by which BullMQ hears what came of it. */
export class BullRun extends JobRun {
  readonly job: Job;
  readonly token: string;
  /** Settles what BullMQ waits for. */
  readonly outcome: Promise<unknown>;
  resolve: (result: unknown) => void = () => undefined;
  reject: (failure: unknown) => void = () => undefined;
  #lost = false;

  constructor(job: Job, token: string, controller: AbortController) {
    super(controller);
    this.job = job;
    this.token = token;
    this.outcome = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }

  /** Whether another consumer may have the job: the handler has no say in it any more. */
  get lost(): boolean {
    return this.#lost;
  }

  lose(): void {
    this.#lost = true;
    this.abort(new AbortedError('lost-lease', 'the right to the job was not renewed in time'));
  }
}
