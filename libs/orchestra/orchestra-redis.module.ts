import { Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import { loadPeer } from '#core';
import { RedisConnection } from '#redis/plain';
import { ORCHESTRA_OPTIONS, type OrchestraOptions } from './orchestra.options.js';

/** The connection for commands that queue and state of one orchestra share; with another driver there is none. */
@Module({})
export class OrchestraRedisModule implements OnApplicationShutdown {
  readonly #connection: RedisConnection;

  /** @param options modules that export the options of the orchestra. */
  static forOne(options: NonNullable<DynamicModule['imports']>): DynamicModule {
    return {
      module: OrchestraRedisModule,
      imports: options,
      providers: [
        {
          provide: RedisConnection,
          inject: [ORCHESTRA_OPTIONS],
          useFactory: async ({ redis }: OrchestraOptions): Promise<RedisConnection> => {
            const { SharedRedis } = await loadPeer(
              ['@nestjs/bullmq', 'bullmq', 'ioredis'],
              () => import('#redis'),
            );
            return SharedRedis.open(redis);
          },
        },
      ],
      exports: [RedisConnection],
    };
  }

  constructor(connection: RedisConnection) {
    this.#connection = connection;
  }

  /** Queue and state end it; this is for a start that failed before they were there. */
  async onApplicationShutdown(): Promise<void> {
    await this.#connection.closeUnused();
  }
}
