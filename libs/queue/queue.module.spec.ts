import { Inject, Injectable, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { QueueDriver } from './ports/queue-driver.js';
import { QueueModule } from './queue.module.js';
import type { QueueModuleOptions } from './queue.options.js';

describe('QueueModule', () => {
  it('provides one driver to every module, by its token', async () => {
    @Injectable()
    class User {
      constructor(@Inject(QueueDriver) readonly driver: QueueDriver) {}
    }
    @Module({ providers: [User] })
    class UserModule {}
    const app = await Test.createTestingModule({
      imports: [QueueModule.forRoot({ driver: 'memory' }), UserModule],
    }).compile();

    expect(app.get(User).driver).toBe(app.get(QueueDriver, { strict: false }));
    expect(app.get(User).driver.durable).toBe(false);
    await app.close();
  });

  it('takes its options from a factory', async () => {
    const app = await Test.createTestingModule({
      imports: [QueueModule.forRootAsync({ useFactory: async () => ({ driver: 'memory' as const }) })],
    }).compile();

    expect(app.get(QueueDriver)).toBeInstanceOf(QueueDriver);
    await app.close();
  });

  it.each([[{}], [{ driver: 'redis' }], [{ driver: 'memory', extra: 1 }]])(
    'refuses the options %p, from either path',
    async (options) => {
      const bad = options as unknown as QueueModuleOptions;
      for (const module of [QueueModule.forRoot(bad), QueueModule.forRootAsync({ useFactory: () => bad })]) {
        await expect(Test.createTestingModule({ imports: [module] }).compile()).rejects.toMatchObject({
          code: 'VALIDATION_FAILED',
        });
      }
    },
  );

  it('keeps the driver open for drains in earlier phases, and closes it in the last', async () => {
    const answers: unknown[] = [];
    @Injectable()
    class Draining {
      constructor(@Inject(QueueDriver) readonly driver: QueueDriver) {}
      async beforeApplicationShutdown(): Promise<void> {
        answers.push((await this.driver.queue('jobs').add('last', { id: 'a' })).id);
      }
    }
    @Module({ providers: [Draining] })
    class DrainingModule {}
    const app = await Test.createTestingModule({
      imports: [QueueModule.forRoot({ driver: 'memory' }), DrainingModule],
    }).compile();
    await app.init();
    const driver = app.get(QueueDriver, { strict: false });

    await app.close();

    expect(answers).toEqual(['a']);
    expect(() => driver.queue('jobs')).toThrow(expect.objectContaining({ code: 'QUEUE_CLOSED' }));
  });
});
