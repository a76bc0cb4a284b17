import { idSchema, parseOptions, type Clock } from '#core';
import type { JobQueue } from '../ports/job-queue.js';
import { QueueDriver, queueOptionsSchema, type QueueOptions } from '../ports/queue-driver.js';
import { QueueError } from '../ports/queue.errors.js';
import { MemoryJobQueue } from './memory-job-queue.js';

/** Queues in the memory of this process: nothing survives its end, and nothing is shared with another. */
export class MemoryQueueDriver extends QueueDriver {
  readonly durable = false;
  readonly sequence = this;
  readonly #clock: Clock;
  readonly #queues = new Map<string, MemoryJobQueue<unknown>>();
  #closing: Promise<void> | undefined;

  constructor({ clock }: { clock: Clock }) {
    super();
    this.#clock = clock;
  }

  queue<T>(name: string, options: QueueOptions = {}): JobQueue<T> {
    this.#assertOpen();
    const checkedName = parseOptions(idSchema, name, 'queue name');
    const checkedOptions = parseOptions(queueOptionsSchema, options, `options of queue "${name}"`);
    let queue = this.#queues.get(checkedName);
    if (queue === undefined) {
      queue = new MemoryJobQueue(this.#clock, checkedName, checkedOptions);
      this.#queues.set(checkedName, queue);
    }
    // Whoever asks for a queue by name knows what its jobs carry; a name has no type.
    return queue as JobQueue<T>;
  }

  async ping(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.#assertOpen();
  }

  async close(): Promise<void> {
    this.#closing ??= this.#closeQueues();
    await this.#closing;
  }

  async #closeQueues(): Promise<void> {
    await Promise.all(Array.from(this.#queues.values(), (queue) => queue.close()));
    this.#queues.clear();
  }

  #assertOpen(): void {
    if (this.#closing !== undefined) throw new QueueError('QUEUE_CLOSED', 'the queue driver is closed');
  }
}
