import {
  Module,
  type ConfigurableModuleAsyncOptions,
  type DynamicModule,
  type FactoryProvider,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { Clock, ClockModule, loadPeer } from '#core';
import { RedisConnection } from '#redis/plain';
import { MemoryQueueDriver } from './memory/memory-queue-driver.js';
import { QueueDriver } from './ports/queue-driver.js';
import {
  QUEUE_OPTIONS,
  QueueOptionsModule,
  type QueueModuleOptions,
  type ResolvedQueueOptions,
} from './queue.options.js';

type ModuleParts = Omit<DynamicModule, 'module'>;
type Imports = NonNullable<DynamicModule['imports']>;

/** What decides which modules there are, so that it cannot come from a factory. */
export interface QueueModuleExtras {
  /**
   * Names of queues, as BullMQ is to know them, that are registered with `@nestjs/bullmq` (which must be installed): so
   * `@InjectQueue('executions')`, and with it a dashboard, gets the very queue that the driver uses. Driver `bullmq` only.
   * Default: none.
   */
  registered?: readonly string[];
}

const driverProvider: FactoryProvider<QueueDriver> = {
  provide: QueueDriver,
  inject: [QUEUE_OPTIONS, Clock, { token: RedisConnection, optional: true }],
  useFactory: async (options: ResolvedQueueOptions, clock: Clock, connection?: RedisConnection) => {
    if (options.driver === 'memory') return new MemoryQueueDriver({ clock });
    const { BullmqQueueDriver } = await loadPeer(
      ['bullmq', 'ioredis'],
      () => import('./bullmq/bullmq-queue-driver.js'),
    );
    return BullmqQueueDriver.open({ ...options, clock, connection });
  },
};

/** The driver, and what it is made of. */
@Module({})
class QueueDriverModule {}

/**
 * One `QueueDriver` for the whole application. With the driver `bullmq` the application starts when Redis answers, or fails
 * with `BACKEND_UNAVAILABLE` within `redis.connectTimeoutMs`. A `RedisConnection` that a module of `imports` exports is
 * used instead of one of its own.
 */
@Module({})
export class QueueModule implements OnApplicationShutdown {
  readonly #driver: QueueDriver;

  constructor(driver: QueueDriver) {
    this.#driver = driver;
  }

  static forRoot({ registered, ...options }: QueueModuleOptions & QueueModuleExtras): DynamicModule {
    return compose([QueueOptionsModule.forRoot(options), ClockModule], registered);
  }

  /** The options from `useFactory`, or from the method `create` of what `useClass` or `useExisting` names. */
  static forRootAsync({
    registered,
    ...options
  }: ConfigurableModuleAsyncOptions<QueueModuleOptions> & QueueModuleExtras): DynamicModule {
    return compose(
      // Nest takes a provider from the first import that exports it: a clock of theirs comes before ours.
      [QueueOptionsModule.forRootAsync(options), ...(options.imports ?? []), ClockModule],
      registered,
    );
  }

  /** The last of the phases: a drain in an earlier one still adds jobs and finishes them. */
  async onApplicationShutdown(): Promise<void> {
    await this.#driver.close();
  }
}

function compose(needs: Imports, registered: readonly string[] = []): DynamicModule {
  const parts: ModuleParts = { imports: needs, providers: [driverProvider], exports: [QueueDriver] };
  return {
    module: QueueModule,
    global: true,
    imports: [
      registered.length === 0 ? { module: QueueDriverModule, ...parts } : loadRegistered(registered, needs),
    ],
    exports: [QueueDriverModule],
  };
}

function loadRegistered(names: readonly string[], needs: Imports): Promise<DynamicModule> {
  const loading = loadPeer(
    ['@nestjs/bullmq', 'bullmq', 'ioredis'],
    () => import('./bullmq/registered-queues.js'),
  ).then(({ registeredQueues }) => ({ module: QueueDriverModule, ...registeredQueues(names, needs) }));
  // Nest awaits it when the application is created, which may be later, or never.
  loading.catch(() => undefined);
  return loading;
}
