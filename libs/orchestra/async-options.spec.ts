import { Injectable, Module, type DynamicModule, type Type } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { AgentPool, AgentPoolModule } from '#agent-pool';
import { FunctionAgentFactory } from '#agents';
import { ValidationError } from '#core';
import { DispatchModule, WorkflowDispatcher } from '#dispatch';
import { HttpClient, HttpClientModule } from '#http';
import { QueueDriver, QueueModule } from '#queue';
import { StateModule, StateStore } from '#state';
import { OrchestraModule } from './orchestra.module.js';

/** Settings of an application, as those of @nestjs/config are had. */
@Injectable()
class Settings {
  asked = 0;

  get(): unknown {
    this.asked++;
    return options;
  }
}

@Module({ providers: [Settings], exports: [Settings] })
class SettingsModule {}

/** What the settings say in the test under way. */
let options: unknown;

/** Makes options as Nest has it for classes: by a method `create`. */
@Injectable()
class OptionsFactory {
  constructor(readonly settings: Settings) {}

  create(): unknown {
    return this.settings.get();
  }
}

@Module({ imports: [SettingsModule], providers: [OptionsFactory], exports: [OptionsFactory] })
class FactoriesModule {}

const ways = {
  useFactory: {
    imports: [SettingsModule],
    inject: [Settings],
    useFactory: async (settings: Settings) => Promise.resolve(settings.get()),
  },
  useClass: { imports: [SettingsModule], useClass: OptionsFactory },
  useExisting: { imports: [FactoriesModule], useExisting: OptionsFactory },
} as const;

const pool = { capability: 'echo', factory: new FunctionAgentFactory(({ input }) => input) };
const memory = { driver: 'memory' };

interface Registration {
  module: { forRootAsync(way: never): DynamicModule };
  /** What it needs beside it. */
  beside?: DynamicModule[];
  good: object;
  bad: object;
  provides: Type | (abstract new (...args: never[]) => unknown);
}

const registrations: Record<string, Registration> = {
  QueueModule: {
    module: QueueModule,
    good: memory,
    bad: { driver: 'bullmq', lockDurationMs: 0, more: 1 },
    provides: QueueDriver,
  },
  StateModule: {
    module: StateModule,
    good: memory,
    bad: { driver: 'memory', maxLogLength: 0, more: 1 },
    provides: StateStore,
  },
  HttpClientModule: {
    module: HttpClientModule,
    good: { connections: 1 },
    bad: { connections: 0, more: 1 },
    provides: HttpClient,
  },
  AgentPoolModule: {
    module: AgentPoolModule,
    good: { pools: [pool] },
    bad: { pools: [{ ...pool, capability: '' }], more: 1 },
    provides: AgentPool,
  },
  DispatchModule: {
    module: DispatchModule,
    beside: [
      QueueModule.forRoot({ driver: 'memory' }),
      StateModule.forRoot({ driver: 'memory' }),
      AgentPoolModule.forRoot({}),
    ],
    good: { maxSteps: 1 },
    bad: { maxSteps: 0, more: 1 },
    provides: WorkflowDispatcher,
  },
  OrchestraModule: {
    module: OrchestraModule,
    good: { pools: [pool], dispatch: { maxSteps: 1 } },
    bad: { dispatch: { maxSteps: 0 }, more: 1 },
    provides: WorkflowDispatcher,
  },
};

const cases = Object.entries(registrations).flatMap(([name, registration]) =>
  Object.entries(ways).map(([way, how]) => ({ name, way, how, registration })),
);

describe.each(cases)('$name.forRootAsync with $way', ({ name, how, registration }) => {
  const { module, beside = [], good, bad, provides } = registration;
  const compile = (): Promise<TestingModule> =>
    Test.createTestingModule({ imports: [...beside, module.forRootAsync(how as never)] }).compile();

  it('takes its options, once, from a provider of a module that it imports', async () => {
    options = good;
    const app = await compile();
    await app.init();
    expect(app.get(Settings, { strict: false }).asked).toBe(1);
    expect(app.get<object>(provides, { strict: false })).toBeInstanceOf(provides);
    await app.close();
  });

  it('refuses bad ones with every problem', async () => {
    options = bad;
    const error: unknown = await compile().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ValidationError);
    expect((error as Error).message).toMatch(new RegExp(`^${name} options: 2 problem`));
  });
});

describe('OrchestraModule.forRootAsync', () => {
  it('hands the options on to the parts of the house', async () => {
    options = registrations['OrchestraModule']!.good;
    const app = await Test.createTestingModule({
      imports: [OrchestraModule.forRootAsync({ ...ways.useExisting, metrics: false } as never)],
    }).compile();
    await app.init();
    const dispatcher = app.get(WorkflowDispatcher, { strict: false });
    const steps = ['a', 'b'].map((id) => ({ id, capability: 'echo' }));
    await expect(dispatcher.submit({ id: 'w', steps })).rejects.toThrow('2 steps are more than 1');
    const handle = await dispatcher.submit({ id: 'w', steps: steps.slice(0, 1) });
    expect((await handle.result()).status).toBe('completed');
    await app.close();
  });
});
