import { z } from 'zod';
import { jobRetentionSchema } from './job.js';
import type { JobQueue } from './job-queue.js';

export const queueOptionsSchema = z.strictObject({
  maxDepth: z
    .int()
    .min(1)
    .default(10_000)
    .describe(
      'Jobs that may be waiting or delayed at once; the next add is refused with QUEUE_FULL. Where several instances add, as many more may come in as are being added at the same time.',
    ),
  maxActive: z
    .int()
    .min(1)
    .optional()
    .describe(
      'Jobs that may be active at once in all consumers, on all instances together. Default: no limit.',
    ),
  retention: jobRetentionSchema
    .prefault({})
    .describe('Finished jobs beyond either bound are forgotten, whenever another one finishes.'),
});
export type QueueOptions = z.input<typeof queueOptionsSchema>;

/** Makes and owns queues. */
export abstract class QueueDriver {
  /** Whether accepted jobs outlive this process. */
  abstract readonly durable: boolean;

  /** Calls on a driver and a `StateStore` of the same sequence are carried out in the order in which they are made. */
  abstract readonly sequence: object;

  /**
   * The queue of that name (any legal id); asking twice gives the same one, the first call's options hold.
   * @throws {ValidationError} for bad options or name; {QueueError} `QUEUE_CLOSED`.
   */
  abstract queue<T>(name: string, options?: QueueOptions): JobQueue<T>;

  /** Resolves when the backend answers and every consumer that is open can take jobs. @throws the signal's reason; {QueueError} `QUEUE_CLOSED`. */
  abstract ping(signal: AbortSignal): Promise<void>;

  /** Closes what is left open, consumers without a drain, and frees every timer and connection. Idempotent. */
  abstract close(): Promise<void>;
}
