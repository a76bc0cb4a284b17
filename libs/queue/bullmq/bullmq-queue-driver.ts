import { Queue } from 'bullmq';
import { parseOptions, untilAborted, type Clock } from '#core';
import type { RedisConnection } from '#redis/plain';
import { RedisChannels, redisOptionsSchema, type RedisOptionsInput } from '#redis';
import { NamedQueues } from '../jobs/named-queues.js';
import type { JobQueue } from '../ports/job-queue.js';
import { QueueDriver, type QueueOptions } from '../ports/queue-driver.js';
import { BackendErrorLog } from './backend-error-log.js';
import { BullConnection } from './bull-connection.js';
import { BullJobQueue } from './bull-job-queue.js';
import { bullQueueName } from './bull-names.js';
import type { LockOptions } from './bull-worker.js';

export interface BullmqQueueDriverOptions extends LockOptions {
  clock: Clock;
  redis: RedisOptionsInput;
  /** A connection to use instead of one of its own; `redis` is then that of the connection. */
  connection?: RedisConnection;
}

/**
 * Queues of BullMQ on Redis: jobs outlive the process, and any instance may handle them. A job whose process died is
 * started anew, with a recovery counted, within `lockDurationMs` and two `stalledIntervalMs`.
 *
 * Connections of an instance: one for all commands, one more while it listens for cancels, and two for each consumer.
 */
export class BullmqQueueDriver extends QueueDriver {
  readonly durable = true;
  readonly sequence: object;
  readonly #connection: BullConnection;
  readonly #channels: RedisChannels;
  readonly #registered: ReadonlyMap<string, Queue>;
  readonly #made: Queue[] = [];
  readonly #queues: NamedQueues<BullJobQueue<unknown>>;
  #closing: Promise<void> | undefined;

  /**
   * Connects.
   * @throws {BackendUnavailableError} after `connectTimeoutMs` at the latest, naming host and port; {ValidationError}.
   */
  static async open({
    clock,
    redis,
    connection: shared,
    ...locks
  }: BullmqQueueDriverOptions): Promise<BullmqQueueDriver> {
    const options = parseOptions(redisOptionsSchema, redis, 'redis options');
    const connection = await BullConnection.open(options, new BackendErrorLog(clock), shared);
    return new BullmqQueueDriver(clock, connection, locks, []);
  }

  /** @param registered queues that somebody else made on this connection, and closes. */
  constructor(
    clock: Clock,
    connection: BullConnection,
    { lockDurationMs, stalledIntervalMs }: LockOptions,
    registered: readonly Queue[],
  ) {
    super();
    this.#connection = connection;
    this.sequence = connection.client;
    this.#registered = new Map(registered.map((queue) => [queue.name, queue]));
    this.#channels = new RedisChannels({
      clock,
      redis: connection.redis,
      onError: connection.errors.log,
    });
    this.#queues = new NamedQueues(
      (name, options) =>
        new BullJobQueue({
          clock,
          connection,
          channels: this.#channels,
          locks: { lockDurationMs, stalledIntervalMs },
          name,
          queue: this.#bullQueue(bullQueueName(name)),
          options,
          assertOpen: () => this.#queues.assertOpen(),
        }),
    );
  }

  queue<T>(name: string, options: QueueOptions = {}): JobQueue<T> {
    // Whoever asks for a queue by name knows what its jobs carry; a name has no type.
    return this.#queues.get(name, options) as JobQueue<T>;
  }

  async ping(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.#queues.assertOpen();
    const { client } = this.#connection;
    await untilAborted(
      this.#connection.run(() => client.ping()),
      signal,
    );
    await Promise.all(this.#queues.all().map((queue) => queue.assertFit(signal)));
  }

  async close(): Promise<void> {
    this.#closing ??= this.#close();
    await this.#closing;
  }

  async #close(): Promise<void> {
    await this.#queues.close();
    this.#connection.errors.close();
    await Promise.all(this.#made.map((queue) => queue.close()));
    await this.#channels.close();
    await this.#connection.close();
  }

  #bullQueue(name: string): Queue {
    const registered = this.#registered.get(name);
    const queue = registered ?? new Queue(name, this.#connection.queueOptions());
    // Without a listener its errors would be printed; those of its connection are told there.
    queue.on('error', () => undefined);
    if (registered === undefined) this.#made.push(queue);
    return queue;
  }
}
