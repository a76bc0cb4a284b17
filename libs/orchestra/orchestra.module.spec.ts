import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Injectable, Module, type INestApplicationContext, type ModuleMetadata } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { Agent, AgentPool, type AgentTask } from '#agent-pool';
import { FunctionAgentFactory } from '#agents';
import { Clock, ManualClock, ValidationError, untilAborted } from '#core';
import { WorkflowDispatcher } from '#dispatch';
import { OrchestraEvents } from '#events';
import { MetricsService } from '#metrics';
import { QueueDriver } from '#queue';
import { OrchestraModule } from './orchestra.module.js';

@Agent({ capability: 'greet', size: { min: 2 } })
@Injectable()
class Greeter {
  execute({ input }: AgentTask): Promise<string> {
    return Promise.resolve(`Hello, ${input as string}`);
  }
}

/** A provider somewhere in the application, in a module that imports nothing of ours. */
@Injectable()
class Receptionist {
  constructor(readonly dispatcher: WorkflowDispatcher) {}
}

@Module({ providers: [Receptionist, Greeter], exports: [Receptionist] })
class ReceptionModule {}

const echo = { capability: 'echo', factory: new FunctionAgentFactory(({ input }) => input) };

const oneStep = (capability: string, input = 'Ada') => ({
  id: 'one-step',
  steps: [{ id: 'only', capability, input }],
});

interface House {
  app: INestApplicationContext;
  clock: ManualClock;
  dispatcher: WorkflowDispatcher;
  pool: AgentPool;
  /** The value of one of our metrics. */
  metric(sample: string): Promise<string | undefined>;
}

describe('OrchestraModule', () => {
  const houses: House[] = [];

  async function open(...imports: NonNullable<ModuleMetadata['imports']>): Promise<House> {
    const clock = new ManualClock();
    const app = await Test.createTestingModule({ imports }).overrideProvider(Clock).useValue(clock).compile();
    const get = <T>(token: abstract new (...args: never[]) => T): T => app.get<T>(token, { strict: false });
    const house: House = {
      app,
      clock,
      dispatcher: get(WorkflowDispatcher),
      pool: get(AgentPool),
      metric: async (sample) =>
        (await get(MetricsService).registry.metrics())
          .split('\n')
          .find((line) => line.startsWith(`${sample} `))
          ?.slice(sample.length + 1),
    };
    houses.push(house);
    await app.init();
    await house.pool.whenProvisioned();
    return house;
  }

  afterEach(async () => {
    for (const { app, clock } of houses.splice(0)) {
      const closed = app.close();
      await clock.advance(60_000);
      await closed;
      expect(clock.timerCount).toBe(0);
      expect(app.get(OrchestraEvents, { strict: false }).listenerCount).toBe(0);
    }
  });

  const run = async ({ dispatcher }: House, capability: string, input?: string) =>
    (await dispatcher.submit(oneStep(capability, input))).result();

  it('is a house without pools when it is given nothing', async () => {
    const house = await open(OrchestraModule.forRoot());
    expect(house.pool.pools()).toEqual([]);
    expect(await house.dispatcher.status()).toEqual({ accepting: true, running: 0, waiting: 0 });
    expect(await house.metric('orchestra_executions_running')).toBe('0');
  });

  it('has the pools of its options, of each way, and those of the providers with @Agent()', async () => {
    const house = await open(
      ReceptionModule,
      OrchestraModule.forRoot({
        pools: [
          { ...echo, selection: 'round-robin' },
          { capability: 'remote', kind: 'http', url: 'http://127.0.0.1:1/', size: { min: 3 } },
        ],
      }),
    );
    expect(house.pool.pools()).toMatchObject([
      { capability: 'echo', kind: 'function', selection: 'round-robin', agents: { idle: 1 } },
      { capability: 'remote', kind: 'http', selection: 'least-loaded', agents: { idle: 3 } },
      { capability: 'greet', kind: 'function', agents: { idle: 2 } },
    ]);
    expect(await run(house, 'greet')).toMatchObject({
      status: 'completed',
      steps: { only: { output: 'Hello, Ada' } },
    });
    expect(await run(house, 'echo', 'x')).toMatchObject({ steps: { only: { output: 'x' } } });
  });

  it('lends its dispatcher to every provider', async () => {
    const { app, dispatcher } = await open(ReceptionModule, OrchestraModule.forRoot());
    expect(app.get(Receptionist, { strict: false }).dispatcher).toBe(dispatcher);
  });

  it('may have its options made, once, by a factory with what it injects', async () => {
    @Module({ providers: [{ provide: 'depth', useValue: 1 }], exports: ['depth'] })
    class SettingsModule {}
    const useFactory = jest.fn(async (maxQueueDepth: number) => ({
      dispatch: { maxConcurrentWorkflows: 1, maxQueueDepth },
      pools: [
        {
          capability: 'stuck',
          factory: new FunctionAgentFactory((_task, { signal }) =>
            untilAborted(new Promise(() => {}), signal),
          ),
        },
      ],
    }));
    const { dispatcher, pool } = await open(
      OrchestraModule.forRootAsync({ imports: [SettingsModule], inject: ['depth'], useFactory }),
    );
    expect(useFactory.mock.calls).toEqual([[1]]);
    expect(pool.capabilities()).toEqual(['stuck']);
    await dispatcher.submit(oneStep('stuck'));
    await dispatcher.submit(oneStep('stuck'));
    await expect(dispatcher.submit(oneStep('stuck'))).rejects.toMatchObject({ code: 'QUEUE_FULL' });
  });

  it.each([
    ['forRoot', (options: object) => OrchestraModule.forRoot(options)],
    ['forRootAsync', (options: object) => OrchestraModule.forRootAsync({ useFactory: () => options })],
  ])('refuses bad options by %s, every one at once', async (_, make) => {
    const bad = { colour: 'red', dispatch: { maxSteps: 0 }, pools: [{ ...echo, size: { min: 0 } }] };
    const compiled = Test.createTestingModule({ imports: [make(bad)] }).compile();
    const error: unknown = await compiled.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ValidationError);
    expect((error as ValidationError).message).toMatch(/^OrchestraModule options: 3 problem\(s\)\n/);
    expect((error as ValidationError).problems.map(({ path }) => path).sort()).toEqual([
      'colour',
      'dispatch.maxSteps',
      'pools[0].size.min',
    ]);
  });

  it('has no metrics when it is told so, and the time of the clock that it is given', async () => {
    const clock = new ManualClock(0);
    const imports = [OrchestraModule.forRoot({ metrics: false, clock, pools: [echo] })];
    const app = await Test.createTestingModule({ imports }).compile();
    await app.init();
    expect(() => app.get(MetricsService, { strict: false })).toThrow();
    const handle = await app.get(WorkflowDispatcher, { strict: false }).submit(oneStep('echo'));
    expect(await handle.result()).toMatchObject({ finishedAt: '1970-01-01T00:00:00.000Z' });
    await app.close();
    expect(clock.timerCount).toBe(0);
  });

  it('refuses a capability that a pool and a provider both have', async () => {
    const imports = [ReceptionModule, OrchestraModule.forRoot({ pools: [{ ...echo, capability: 'greet' }] })];
    const app = await Test.createTestingModule({ imports }).compile();
    await expect(app.init()).rejects.toMatchObject({ code: 'CAPABILITY_DUPLICATE' });
    await app.close();
  });

  it('shows agents, leases and executions as they are at the moment of the scrape', async () => {
    let end: (output: string) => void = () => {};
    const factory = new FunctionAgentFactory(() => new Promise((resolve) => (end = resolve)));
    const house = await open(
      OrchestraModule.forRoot({
        dispatch: { maxConcurrentWorkflows: 2 },
        pools: [{ capability: 'slow', factory }],
      }),
    );
    const gauges = () =>
      Promise.all(
        [
          'orchestra_executions_running',
          'orchestra_executions_waiting',
          'orchestra_agents{capability="slow",state="busy"}',
          'orchestra_agents{capability="slow",state="idle"}',
          'orchestra_leases_waiting{capability="slow"}',
        ].map((sample) => house.metric(sample)),
      );
    expect(await gauges()).toEqual(['0', '0', '0', '1', '0']);
    const handles = await Promise.all([1, 2, 3].map(() => house.dispatcher.submit(oneStep('slow'))));
    await house.clock.advance(0);
    expect(await gauges()).toEqual(['2', '1', '1', '0', '1']);
    for (const handle of handles) {
      await house.clock.advance(0);
      end('done');
      expect((await handle.result()).status).toBe('completed');
    }
    await house.clock.advance(0);
    expect(await gauges()).toEqual(['0', '0', '0', '1', '0']);
  });

  it('shows the health, the breaker and the refusals of each pool', async () => {
    const fail = new FunctionAgentFactory(() => Promise.reject(new Error('no')));
    const once = { id: 'only', capability: 'bad', retry: { maxAttempts: 1 } };
    const house = await open(
      OrchestraModule.forRoot({
        pools: [
          { capability: 'bad', factory: fail, breaker: { minimumTasks: 1 } },
          { ...echo, breaker: false },
        ],
      }),
    );
    const run = async () => (await house.dispatcher.submit({ id: 'once', steps: [once] })).result();
    const figures = () =>
      Promise.all(
        [
          'orchestra_pool_health{capability="bad",health="healthy"}',
          'orchestra_pool_health{capability="bad",health="critical"}',
          'orchestra_pool_breaker{capability="bad",state="closed"}',
          'orchestra_pool_breaker{capability="bad",state="open"}',
          'orchestra_leases_refused_total{capability="bad",code="POOL_UNAVAILABLE"}',
          'orchestra_leases_active{capability="bad"}',
        ].map((sample) => house.metric(sample)),
      );
    expect(await figures()).toEqual(['1', '0', '1', '0', '0', '0']);
    await run();
    await run();
    expect(await figures()).toEqual(['0', '1', '0', '1', '1', '0']);
    expect(await house.metric('orchestra_pool_breaker{capability="echo",state="closed"}')).toBeUndefined();
  });

  it('disturbs no other house in the process', async () => {
    const one = await open(ReceptionModule, OrchestraModule.forRoot());
    const other = await open(OrchestraModule.forRoot({ pools: [echo] }));
    const heard = jest.fn();
    const unsubscribe = other.app.get(OrchestraEvents, { strict: false }).onAny(heard);

    const { executionId } = await run(one, 'greet');

    expect(one.pool.capabilities()).toEqual(['greet']);
    expect(other.pool.capabilities()).toEqual(['echo']);
    expect(heard).not.toHaveBeenCalled();
    unsubscribe();
    await expect(other.dispatcher.get(executionId)).rejects.toMatchObject({ code: 'EXECUTION_NOT_FOUND' });
    expect(one.app.get(QueueDriver, { strict: false })).not.toBe(
      other.app.get(QueueDriver, { strict: false }),
    );
    const finished = 'orchestra_executions_finished_total{status="completed"}';
    expect([await one.metric(finished), await other.metric(finished)]).toEqual(['1', '0']);

    const [closing] = houses.splice(houses.indexOf(one), 1);
    await closing!.app.close();
    expect(await run(other, 'echo')).toMatchObject({ status: 'completed' });
  });

  it('finishes what it has accepted before it closes, then disposes of its agents', async () => {
    const disposed = jest.fn();
    let end: (output: string) => void = () => {};
    @Agent({ capability: 'slow' })
    @Injectable()
    class Slow {
      execute(): Promise<string> {
        return new Promise((resolve) => (end = resolve));
      }

      async dispose(): Promise<void> {
        disposed();
      }
    }
    const imports = [{ module: class SlowModule {}, providers: [Slow] }, OrchestraModule.forRoot()];
    const { app, clock, dispatcher } = await open(...imports);
    const handle = await dispatcher.submit(oneStep('slow'));
    await clock.advance(0);

    const closed = app.close();
    await clock.advance(0);
    await expect(dispatcher.submit(oneStep('slow'))).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
    expect(disposed).not.toHaveBeenCalled();
    end('done');
    expect(await handle.result()).toMatchObject({ status: 'completed' });
    await closed;
    expect(disposed).toHaveBeenCalledTimes(1);
  });

  it('leaves no timer and no connection behind on the clock of the machine', async () => {
    const agent = createServer((_, response) => {
      response.setHeader('content-type', 'application/json').end('"done"');
    }).listen(0, '127.0.0.1');
    await once(agent, 'listening');
    const held = () =>
      process
        .getActiveResourcesInfo()
        .filter((kind) => /^(Timeout|TCP)/.test(kind))
        .sort();
    const before = held();
    const { port } = agent.address() as AddressInfo;
    const pools = [{ capability: 'remote', kind: 'http' as const, url: `http://127.0.0.1:${port}/` }];
    const app = await Test.createTestingModule({ imports: [OrchestraModule.forRoot({ pools })] }).compile();
    await app.init();
    const handle = await app.get(WorkflowDispatcher, { strict: false }).submit(oneStep('remote'));
    expect(await handle.result()).toMatchObject({ status: 'completed', steps: { only: { output: 'done' } } });
    expect(held()).toContain('TCPSocketWrap');
    await app.close();
    // The ends of a connection are freed some turns of the event loop after it was closed.
    for (let turn = 0; turn < 1_000 && held().includes('TCPSocketWrap'); turn++)
      await new Promise((resolve) => setImmediate(resolve));
    expect(held()).toEqual(before);
    agent.close();
  });
});
