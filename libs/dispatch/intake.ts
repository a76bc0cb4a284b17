import type { JobQueue } from '#queue';
import { QueueError } from '#queue';
import { DispatchError } from './dispatch.errors.js';

/**
 * The door to the queue: bounded, and shut for good by {@link close}.
 *
 * Work that is let in writes to the store before it reaches the queue, so the queue's own bound would refuse it too late.
 */
export class Intake {
  readonly #queue: JobQueue<unknown>;
  readonly #maxDepth: number;
  /** Let in, and not yet in the queue. */
  #entering = 0;
  readonly #closing = new AbortController();
  #onEmpty: (() => void) | undefined;

  constructor(queue: JobQueue<unknown>, maxDepth: number) {
    this.#queue = queue;
    this.#maxDepth = maxDepth;
  }

  get isOpen(): boolean {
    return !this.#closing.signal.aborted;
  }

  /** Aborts with the error of those who come too late, for work at the door that has not entered. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  /**
   * Resolves when there is room for one more; who was let in calls {@link left} once it is in the queue, or failed to be.
   *
   * Those before it count as well, whether they have reached the queue or not; so of many at once the first are let in,
   * and never more than `maxDepth` wait, but for what other processes let in at the same moment.
   * @throws {QueueError} `QUEUE_FULL`; {DispatchError} `SHUTTING_DOWN`.
   */
  async enter(): Promise<void> {
    this.#closing.signal.throwIfAborted();
    const before = this.#entering++;
    try {
      if (await this.#queue.fits(before + 1, this.#maxDepth)) return;
    } catch (error) {
      this.left();
      throw error;
    }
    this.left();
    throw new QueueError('QUEUE_FULL', `${this.#maxDepth} executions are waiting already`, {
      retryable: true,
      details: { maxQueueDepth: this.#maxDepth },
    });
  }

  left(): void {
    if (--this.#entering === 0) this.#onEmpty?.();
  }

  /** Lets nobody in any more. Resolves when those let in before have reached the queue, or failed to. */
  async close(): Promise<void> {
    this.#closing.abort(
      new DispatchError('SHUTTING_DOWN', 'the dispatcher takes no more work', { retryable: true }),
    );
    if (this.#entering > 0) await new Promise<void>((resolve) => (this.#onEmpty = resolve));
  }
}
