import {
  ConfigurableModuleBuilder,
  Module,
  type FactoryProvider,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { z } from 'zod';
import { Clock, ClockModule, parseOptions } from '#core';
import { MemoryQueueDriver } from './memory/memory-queue-driver.js';
import { QueueDriver } from './ports/queue-driver.js';

const queueModuleOptionsSchema = z.strictObject({
  driver: z.literal('memory').describe('What keeps the jobs; `memory` loses them when the process ends.'),
});
export type QueueModuleOptions = z.input<typeof queueModuleOptionsSchema>;

const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } = new ConfigurableModuleBuilder<QueueModuleOptions>({
  moduleName: 'Queue',
})
  .setClassMethodName('forRoot')
  .setExtras({}, (definition) => ({ ...definition, global: true }))
  .build();

const driverProvider: FactoryProvider<QueueDriver> = {
  provide: QueueDriver,
  inject: [MODULE_OPTIONS_TOKEN, Clock],
  useFactory: (options: QueueModuleOptions, clock: Clock) => {
    parseOptions(queueModuleOptionsSchema, options, 'QueueModule options');
    return new MemoryQueueDriver({ clock });
  },
};

/** One `QueueDriver` for the whole application. */
@Module({ imports: [ClockModule], providers: [driverProvider], exports: [QueueDriver] })
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
