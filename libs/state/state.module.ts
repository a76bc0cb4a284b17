import { Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { z } from 'zod';
import { defineModuleOptions } from '#core';
import { memoryStateOptionsSchema, type MemoryStateOptions } from './memory/memory-state-options.js';
import { MemoryStateStore } from './memory/memory-state-store.js';
import { StateStore } from './ports/state-store.js';

const stateModuleOptionsSchema = memoryStateOptionsSchema.extend({
  driver: z
    .literal('memory')
    .describe('Where state lives. `memory`: on the heap of this process, gone with it.'),
});

export type StateModuleOptions = z.input<typeof stateModuleOptionsSchema>;

const DRIVERS: Record<StateModuleOptions['driver'], (limits: MemoryStateOptions) => StateStore> = {
  memory: (limits) => new MemoryStateStore(limits),
};

const STATE_OPTIONS = Symbol('nest-orchestra.state.options');

const { ConfigurableModuleClass, optionsProvider } = defineModuleOptions(
  'State',
  stateModuleOptionsSchema,
  STATE_OPTIONS,
);

/**
 * Provides the `StateStore` of the application, globally.
 *
 * The store closes in `onApplicationShutdown`, the last phase: what drains before it can still write.
 */
@Module({
  providers: [
    optionsProvider,
    {
      provide: StateStore,
      inject: [STATE_OPTIONS],
      useFactory: ({ driver, ...limits }: StateModuleOptions): StateStore => DRIVERS[driver](limits),
    },
  ],
  exports: [StateStore],
})
export class StateModule extends ConfigurableModuleClass implements OnApplicationShutdown {
  readonly #store: StateStore;

  constructor(@Inject(StateStore) store: StateStore) {
    super();
    this.#store = store;
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#store.close();
  }
}
