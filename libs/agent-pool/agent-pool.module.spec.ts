import { Injectable, Module, Scope } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { Clock, ManualClock } from '#core';
import { OrchestraEvents } from '#events';
import { AgentPool } from './agent-pool.js';
import { AgentPoolModule } from './agent-pool.module.js';
import { Agent, type AgentContext, type AgentTask } from './ports/agent.js';
import { FakeFactory } from './testing/fake-factory.js';
import { OK, outcomeOf } from './testing/make-pool.js';

const task: AgentTask = { executionId: 'e', stepId: 's', attempt: 1, capability: 'greet', input: 'Ada' };
const context: AgentContext = {
  signal: new AbortController().signal,
  idempotencyKey: 'e:s',
  deadline: null,
  traceparent: null,
  progress: () => {},
};

@Agent({ capability: 'greet', size: { min: 2 } })
@Injectable()
class Greeter {
  readonly greeting = 'Hello';
  disposals = 0;

  execute({ input }: AgentTask): Promise<string> {
    return Promise.resolve(`${this.greeting}, ${input as string}`);
  }

  dispose(): Promise<void> {
    this.disposals++;
    return Promise.resolve();
  }
}

function compile(providers: NonNullable<Parameters<typeof Module>[0]['providers']>): Promise<TestingModule> {
  return Test.createTestingModule({ imports: [AgentPoolModule.forRoot({})], providers }).compile();
}

describe('AgentPoolModule', () => {
  it('makes a pool of every provider that is decorated with @Agent()', async () => {
    const module = await compile([Greeter]);
    await module.init();
    const pool = module.get(AgentPool);
    await pool.whenProvisioned();

    expect(pool.pool('greet')).toMatchObject({ kind: 'function', size: { min: 2 }, agents: { idle: 2 } });
    const lease = await pool.lease('greet');
    await expect(lease.execute(task, context)).resolves.toBe('Hello, Ada');
    lease.release(OK);
    await module.close();
  });

  it("disposes of a provider once, when its pool's last agent goes, not when one was abandoned", async () => {
    const module = await compile([Greeter]);
    await module.init();
    const pool = module.get(AgentPool);
    const greeter = module.get(Greeter);
    for (let round = 0; round < 3; round++) {
      const leases = await Promise.all([pool.lease('greet'), pool.lease('greet')]);
      for (const lease of leases) lease.abandon({ code: 'TIMEOUT', message: 'stuck', retryable: true });
      await pool.whenProvisioned();
    }
    expect(greeter.disposals).toBe(0);

    await module.close();
    expect(greeter.disposals).toBe(1);
  });

  it('takes the stand-in of a test for the agent it stands in for', async () => {
    const module = await Test.createTestingModule({
      imports: [AgentPoolModule.forRoot({})],
      providers: [Greeter],
    })
      .overrideProvider(Greeter)
      .useValue({ execute: () => 'stand-in' })
      .compile();
    await module.init();

    const lease = await module.get(AgentPool).lease('greet');
    await expect(lease.execute(task, context)).resolves.toBe('stand-in');
    await module.close();
  });

  it('makes one pool of a provider with a second name', async () => {
    const module = await compile([Greeter, { provide: 'alias', useExisting: Greeter }]);
    await module.init();

    expect(module.get(AgentPool).capabilities()).toEqual(['greet']);
    await module.close();
  });

  it('finds agents that a factory provides', async () => {
    const module = await compile([{ provide: 'made', useFactory: () => new Greeter() }]);
    await module.init();

    expect(module.get(AgentPool).capabilities()).toEqual(['greet']);
    await module.close();
  });

  it('refuses to start with every bad option of every provider, by name', async () => {
    @Agent({ capability: '', size: { min: 0 } })
    @Injectable()
    class Bad {
      execute(): Promise<null> {
        return Promise.resolve(null);
      }
    }
    @Agent({ capability: 'worse', concurrencyPerAgent: 0 })
    @Injectable({ scope: Scope.REQUEST })
    class Worse {
      execute(): Promise<null> {
        return Promise.resolve(null);
      }
    }
    @Agent({ capability: 'transient' })
    @Injectable({ scope: Scope.TRANSIENT })
    class Transient {
      execute(): Promise<null> {
        return Promise.resolve(null);
      }
    }
    const module = await compile([Bad, Worse, Transient, { provide: Greeter, useValue: {} }]);

    const error: unknown = await module.init().catch((thrown: unknown) => thrown);

    expect(error).toMatchObject({ code: 'VALIDATION_FAILED' });
    const paths = (error as { problems: { path: string; message: string }[] }).problems.map(
      ({ path }) => path,
    );
    expect(paths.sort()).toEqual([
      'Bad.capability',
      'Bad.size.min',
      'Greeter',
      'Transient',
      'Worse',
      'Worse.concurrencyPerAgent',
    ]);
    expect((error as Error).message).toContain('Transient: is request-scoped or transient');
    await module.close();
  });

  it('refuses two providers of one capability', async () => {
    @Agent({ capability: 'greet' })
    @Injectable()
    class OtherGreeter extends Greeter {}
    const module = await compile([Greeter, OtherGreeter]);

    await expect(module.init()).rejects.toMatchObject({ code: 'CAPABILITY_DUPLICATE' });
    await module.close();
  });

  it('begins to make agents at bootstrap without waiting, and disposes of them after all drains', async () => {
    const factory = new FakeFactory(() => new Promise(() => {}));
    const ready = new FakeFactory();
    const order: string[] = [];
    @Injectable()
    class Drain {
      beforeApplicationShutdown(): void {
        order.push(`drain with ${ready.alive} agents`);
      }
    }
    const pools = [
      { capability: 'hangs', factory },
      { capability: 'works', factory: ready, size: { min: 2 } },
    ];
    const clock = new ManualClock();
    const module = await Test.createTestingModule({
      imports: [AgentPoolModule.forRootAsync({ useFactory: () => ({ pools }) })],
      providers: [Drain],
    })
      .overrideProvider(Clock)
      .useValue(clock)
      .compile();
    expect(factory.calls).toBe(0);
    await module.init();
    expect(factory.calls).toBe(1);
    expect(module.get(AgentPool).capabilities()).toEqual(['hangs', 'works']);

    const closed = module.close();
    expect(await outcomeOf(closed)).toBe('pending');
    await clock.advance(60_000);
    await closed;
    expect(order).toEqual(['drain with 2 agents']);
    expect(ready.alive).toBe(0);
    expect(clock.timerCount).toBe(0);
  });

  it('is global, and publishes on the one stream of the application', async () => {
    @Injectable()
    class User {
      constructor(
        readonly pool: AgentPool,
        readonly events: OrchestraEvents,
      ) {}
    }
    const { EventsModule } = await import('#events');
    @Module({ imports: [EventsModule], providers: [User] })
    class Feature {}
    const factory = new FakeFactory();
    const module = await Test.createTestingModule({
      imports: [AgentPoolModule.forRoot({ pools: [{ capability: 'work', factory }] }), Feature],
    }).compile();
    const { pool, events } = module.get(User, { strict: false });
    const started = jest.fn();
    events.on('agent.started', started);
    await module.init();
    await pool.whenProvisioned();

    expect(started).toHaveBeenCalledTimes(1);
    await module.close();
  });

  it.each([{ pool: [] }, { pools: [{ capability: 'x' }] }])('refuses bad options: %j', async (options) => {
    const module = Test.createTestingModule({ imports: [AgentPoolModule.forRoot(options as never)] });

    await expect(module.compile()).rejects.toMatchObject({ code: 'VALIDATION_FAILED' });
  });
});
