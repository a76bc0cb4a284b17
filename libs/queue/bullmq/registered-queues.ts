import { BullModule, getQueueToken } from '@nestjs/bullmq';
import { Module, type DynamicModule, type FactoryProvider } from '@nestjs/common';
import type { Queue } from 'bullmq';
import { Clock, ValidationError } from '#core';
import { RedisConnection } from '#redis/plain';
import { QueueDriver } from '../ports/queue-driver.js';
import { QUEUE_OPTIONS, type ResolvedQueueOptions } from '../queue.options.js';
import { BackendErrorLog } from './backend-error-log.js';
import { BullConnection } from './bull-connection.js';
import { BullmqQueueDriver } from './bullmq-queue-driver.js';

const connectionProvider: FactoryProvider<BullConnection> = {
  provide: BullConnection,
  inject: [QUEUE_OPTIONS, Clock, { token: RedisConnection, optional: true }],
  useFactory: (options: ResolvedQueueOptions, clock: Clock, shared?: RedisConnection) =>
    BullConnection.open(bullmqOnly(options).redis, new BackendErrorLog(clock), shared),
};

@Module({})
class BullConnectionModule {}

/**
 * The parts of a module that has the driver, and queues of it that `@nestjs/bullmq` knows too. The consumers stay the
 * driver's own: that package closes queues before their active jobs have ended.
 *
 * @param needs modules that export the options and the clock.
 */
export function registeredQueues(
  names: readonly string[],
  needs: NonNullable<DynamicModule['imports']>,
): Omit<DynamicModule, 'module'> {
  const connection: DynamicModule = {
    module: BullConnectionModule,
    imports: needs,
    providers: [connectionProvider],
    exports: [BullConnection],
  };
  const queues = BullModule.registerQueueAsync(
    ...names.map((name) => ({
      name,
      imports: [connection],
      inject: [BullConnection],
      useFactory: (open: BullConnection) => open.queueOptions(),
    })),
  );
  const driverProvider: FactoryProvider<QueueDriver> = {
    provide: QueueDriver,
    inject: [QUEUE_OPTIONS, Clock, BullConnection, ...names.map((name) => getQueueToken(name))],
    useFactory: (options: ResolvedQueueOptions, clock: Clock, open: BullConnection, ...registered: Queue[]) =>
      new BullmqQueueDriver(clock, open, bullmqOnly(options), registered),
  };
  return {
    imports: [...needs, connection, queues],
    providers: [driverProvider],
    exports: [QueueDriver, BullModule],
  };
}

/** @throws {ValidationError} for another driver. */
function bullmqOnly(options: ResolvedQueueOptions): Extract<ResolvedQueueOptions, { driver: 'bullmq' }> {
  if (options.driver === 'bullmq') return options;
  throw new ValidationError('QueueModule options', [
    { path: 'registered', message: 'only the driver bullmq has queues to register' },
  ]);
}
