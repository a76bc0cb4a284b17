import type { Clock } from '#core';
import { NamedQueues } from '../jobs/named-queues.js';
import type { JobQueue } from '../ports/job-queue.js';
import { QueueDriver, type QueueOptions } from '../ports/queue-driver.js';
import { MemoryJobQueue } from './memory-job-queue.js';

/** Queues in the memory of this process: nothing survives its end, and nothing is shared with another. */
export class MemoryQueueDriver extends QueueDriver {
  readonly durable = false;
  readonly sequence = this;
  readonly #queues: NamedQueues<MemoryJobQueue<unknown>>;

  constructor({ clock }: { clock: Clock }) {
    super();
    this.#queues = new NamedQueues((name, options) => new MemoryJobQueue(clock, name, options));
  }

  queue<T>(name: string, options: QueueOptions = {}): JobQueue<T> {
    // Whoever asks for a queue by name knows what its jobs carry; a name has no type.
    return this.#queues.get(name, options) as JobQueue<T>;
  }

  async ping(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.#queues.assertOpen();
  }

  async close(): Promise<void> {
    await this.#queues.close();
  }
}
