import type { z } from 'zod';
import { idSchema, parseOptions } from '#core';
import { queueOptionsSchema, type QueueOptions } from '../ports/queue-driver.js';
import { QueueError } from '../ports/queue.errors.js';

type MakeQueue<Q> = (name: string, options: z.output<typeof queueOptionsSchema>) => Q;

/** The queues of a driver, each made when it is asked for first; until it closes. */
export class NamedQueues<Q extends { close: () => Promise<void> }> {
  readonly #make: MakeQueue<Q>;
  readonly #queues = new Map<string, Q>();
  #closing: Promise<void> | undefined;

  constructor(make: MakeQueue<Q>) {
    this.#make = make;
  }

  /** @throws {ValidationError} for bad options or name; {QueueError} `QUEUE_CLOSED`. */
  get(name: string, options: QueueOptions): Q {
    this.assertOpen();
    const checkedName = parseOptions(idSchema, name, 'queue name');
    const checkedOptions = parseOptions(queueOptionsSchema, options, `options of queue "${name}"`);
    let queue = this.#queues.get(checkedName);
    if (queue === undefined) {
      queue = this.#make(checkedName, checkedOptions);
      this.#queues.set(checkedName, queue);
    }
    return queue;
  }

  all(): Q[] {
    return [...this.#queues.values()];
  }

  /** @throws {QueueError} `QUEUE_CLOSED`, from the moment that `close` is called. */
  assertOpen(): void {
    if (this.#closing !== undefined) throw new QueueError('QUEUE_CLOSED', 'the queue driver is closed');
  }

  /** Closes all of them. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await Promise.all(this.all().map((queue) => queue.close()));
    this.#queues.clear();
  }
}
