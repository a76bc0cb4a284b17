import { newId } from '#core';
import type { JobQueue } from '../ports/job-queue.js';
import type { QueueDriver, QueueOptions } from '../ports/queue-driver.js';

/** What the conformance suite must know of a driver. */
export interface QueueDriverUnderTest {
  name: string;
  /** Whether accepted jobs outlive `close`. */
  durable: boolean;
  /**
   * Makes a driver on the real clock. Drivers of the same `scope` share whatever the backend keeps; drivers of
   * different scopes share nothing.
   */
  create(scope: string): QueueDriver | Promise<QueueDriver>;
}

export interface QueueBench {
  /** The driver of the test under way; closed after it. */
  readonly driver: QueueDriver;
  /** Another driver of the same scope, closed after the test too. */
  another(): Promise<QueueDriver>;
  queue<T = unknown>(options?: QueueOptions): JobQueue<T>;
}

/** Gives every test of the surrounding `describe` a driver of its own. */
export function useQueueBench({ create }: QueueDriverUnderTest): QueueBench {
  let scope = '';
  let drivers: QueueDriver[] = [];

  async function open(): Promise<QueueDriver> {
    const driver = await create(scope);
    drivers.push(driver);
    return driver;
  }

  beforeEach(async () => {
    scope = newId();
    drivers = [];
    await open();
  });
  afterEach(async () => {
    await Promise.all(drivers.map((driver) => driver.close()));
  });

  return {
    get driver() {
      const [driver] = drivers;
      if (driver === undefined) throw new Error('no test is under way');
      return driver;
    },
    another: open,
    queue: <T>(options?: QueueOptions) => {
      const [driver] = drivers;
      if (driver === undefined) throw new Error('no test is under way');
      return driver.queue<T>('jobs', options);
    },
  };
}
