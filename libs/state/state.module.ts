import { Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { z } from 'zod';
import { Clock, ClockModule, defineModuleOptions, loadPeer } from '#core';
import { RedisConnection } from '#redis/plain';
import { memoryStateOptionsSchema } from './memory/memory-state-options.js';
import { MemoryStateStore } from './memory/memory-state-store.js';
import { StateStore } from './ports/state-store.js';
import { redisStateOptionsSchema } from './redis/redis-state-options.js';

const stateModuleOptionsSchema = z.discriminatedUnion('driver', [
  memoryStateOptionsSchema.extend({
    driver: z
      .literal('memory')
      .describe('Where state lives. `memory`: on the heap of this process, gone with it.'),
  }),
  redisStateOptionsSchema.extend({
    driver: z
      .literal('bullmq')
      .describe('`bullmq`: on a Redis server, beside the queue of this driver, shared by many instances.'),
  }),
]);

export type StateModuleOptions = z.input<typeof stateModuleOptionsSchema>;

const STATE_OPTIONS = Symbol('nest-orchestra.state.options');

const { ConfigurableModuleClass, optionsProvider } = defineModuleOptions(
  'State',
  stateModuleOptionsSchema,
  STATE_OPTIONS,
  [ClockModule],
);

/**
 * Provides the `StateStore` of the application, globally. The driver `bullmq` needs `ioredis`, and a server that answers:
 * without either the application does not start. A `RedisConnection` that a module of `imports` exports is used instead of
 * one of its own.
 *
 * The store closes in `onApplicationShutdown`, the last phase: what drains before it can still write.
 */
@Module({
  providers: [
    optionsProvider,
    {
      provide: StateStore,
      inject: [STATE_OPTIONS, Clock, { token: RedisConnection, optional: true }],
      useFactory: openStore,
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

async function openStore(
  options: z.output<typeof stateModuleOptionsSchema>,
  clock: Clock,
  connection?: RedisConnection,
): Promise<StateStore> {
  if (options.driver === 'memory') {
    const { maxLogLength, maxListLength, maxNames } = options;
    return new MemoryStateStore({ maxLogLength, maxListLength, maxNames });
  }
  const { openRedisStateStore } = await loadPeer(
    'ioredis',
    () => import('./redis/open-redis-state-store.js'),
  );
  return openRedisStateStore(options, clock, connection);
}
