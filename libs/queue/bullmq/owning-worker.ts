import { Worker, type Job } from 'bullmq';

/**
 * A worker that may lose a job and take the very same one again, while its handler has not ended. BullMQ renews locks by
 * the id of the job alone, and stops with whichever handler ends: the one that had lost it would end the renewal for the
 * one that has it, which would then lose it too, and never hear of that.
 */
export class OwningWorker extends Worker {
  /** By id, what was taken last. */
  readonly #owned = new Map<string, Job>();

  override async processJob(
    job: Job,
    token: string,
    fetchNext?: () => boolean,
  ): ReturnType<Worker['processJob']> {
    const id = job.id ?? '';
    this.#owned.set(id, job);
    try {
      return await super.processJob(job, token, fetchNext);
    } finally {
      const owned = this.#owned.get(id);
      if (owned === job) this.#owned.delete(id);
      else if (owned !== undefined) this.lockManager.trackJob(id, owned.token ?? '', owned.processedOn ?? 1);
    }
  }
}
