import { Module, type FactoryProvider, type OnApplicationShutdown } from '@nestjs/common';
import { z } from 'zod';
import { Clock, ClockModule, defineModuleOptions } from '#core';
import { MemoryQueueDriver } from './memory/memory-queue-driver.js';
import { QueueDriver } from './ports/queue-driver.js';

const queueModuleOptionsSchema = z.strictObject({
  driver: z.literal('memory').describe('What keeps the jobs; `memory` loses them when the process ends.'),
});
export type QueueModuleOptions = z.input<typeof queueModuleOptionsSchema>;

const QUEUE_OPTIONS = Symbol('nest-orchestra.queue.options');

const { ConfigurableModuleClass, optionsProvider } = defineModuleOptions(
  'Queue',
  queueModuleOptionsSchema,
  QUEUE_OPTIONS,
  [ClockModule],
);

const DRIVERS: Record<QueueModuleOptions['driver'], (clock: Clock) => QueueDriver> = {
  memory: (clock) => new MemoryQueueDriver({ clock }),
};

const driverProvider: FactoryProvider<QueueDriver> = {
  provide: QueueDriver,
  inject: [QUEUE_OPTIONS, Clock],
  useFactory: ({ driver }: QueueModuleOptions, clock: Clock) => DRIVERS[driver](clock),
};

/** One `QueueDriver` for the whole application. */
@Module({ providers: [optionsProvider, driverProvider], exports: [QueueDriver] })
export class QueueModule extends ConfigurableModuleClass implements OnApplicationShutdown {
  readonly #driver: QueueDriver;

  constructor(driver: QueueDriver) {
    super();
    this.#driver = driver;
  }

  /** The last of the phases: a drain in an earlier one still adds jobs and finishes them. */
  async onApplicationShutdown(): Promise<void> {
    await this.#driver.close();
  }
}
