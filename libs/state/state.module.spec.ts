import { Injectable, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { ValidationError } from '#core';
import { RedisServer, describeWithRedis } from '../../test/helpers/redis-server.js';
import { StateModule, type StateModuleOptions } from './state.module.js';
import { StateStore } from './ports/state-store.js';

@Injectable()
class Consumer {
  readonly store: StateStore;

  constructor(store: StateStore) {
    this.store = store;
  }
}

/** Imports nothing: the store is global. */
@Module({ providers: [Consumer] })
class ConsumerModule {}

describe('StateModule', () => {
  it('provides one store to every module', async () => {
    const app = await Test.createTestingModule({
      imports: [StateModule.forRoot({ driver: 'memory' }), ConsumerModule],
    }).compile();
    expect(app.get(Consumer).store).toBe(app.get(StateStore));
    await app.close();
  });

  it('takes its options from a factory, limits too', async () => {
    const useFactory = (): StateModuleOptions => ({ driver: 'memory', maxListLength: 1 });
    const app = await Test.createTestingModule({
      imports: [StateModule.forRootAsync({ useFactory })],
    }).compile();
    const push = app.get(StateStore).commit({ push: [1, 2].map((value) => ({ list: 'list', value })) });
    await expect(push).rejects.toMatchObject({ code: 'LIST_FULL' });
    await app.close();
  });

  it.each([
    { driver: 'redis' },
    {},
    { driver: 'memory', maxLogLength: 0 },
    { driver: 'memory', unknown: 1 },
    { driver: 'bullmq', redis: { url: 'http://127.0.0.1' } },
    { driver: 'bullmq', maxNames: 1 },
  ])('refuses to start with the options %j, given at once or by a factory', async (options) => {
    const bad = options as StateModuleOptions;
    for (const module of [StateModule.forRoot(bad), StateModule.forRootAsync({ useFactory: () => bad })]) {
      await expect(Test.createTestingModule({ imports: [module] }).compile()).rejects.toBeInstanceOf(
        ValidationError,
      );
    }
  });

  it('closes the store in the last phase of the shutdown, so that what drains can still write', async () => {
    const drained: unknown[] = [];
    @Injectable()
    class Draining {
      readonly store: StateStore;

      constructor(store: StateStore) {
        this.store = store;
      }

      async beforeApplicationShutdown(): Promise<void> {
        drained.push(await this.store.claim('k'));
      }
    }
    const app = await Test.createTestingModule({
      imports: [StateModule.forRoot({ driver: 'memory' })],
      providers: [Draining],
    }).compile();
    const store = app.get(StateStore);
    await app.close();
    expect(drained).toEqual([1]);
    await expect(store.get('k')).rejects.toMatchObject({ code: 'STATE_CLOSED' });
  });
});

describeWithRedis('StateModule with the driver bullmq', () => {
  it('opens a store of the server, closes it, and does not start without the server', async () => {
    const server = await RedisServer.start({ durable: false });
    const redis = { url: server.url, connectTimeoutMs: 300 };
    const imports = [StateModule.forRoot({ driver: 'bullmq', redis, maxListLength: 1 })];
    const app = await Test.createTestingModule({ imports }).compile();
    const store = app.get(StateStore);
    expect(store.durable).toBe(true);
    await expect(
      store.commit({ push: [1, 2].map((value) => ({ list: 'list', value })) }),
    ).rejects.toMatchObject({ code: 'LIST_FULL' });
    await app.close();
    await expect(store.get('k')).rejects.toMatchObject({ code: 'STATE_CLOSED' });
    await server.stop();
    await expect(Test.createTestingModule({ imports }).compile()).rejects.toMatchObject({
      code: 'BACKEND_UNAVAILABLE',
      message: expect.stringContaining(`127.0.0.1:${server.port}`),
    });
  });
});
