import { Controller, Global, Inject, Injectable, Module, type Type } from '@nestjs/common';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test, type TestingModule } from '@nestjs/testing';
import { Agent, AgentPool, type AgentTask } from '#agent-pool';
import { ValidationError } from '#core';
import { WorkflowDispatcher } from '#dispatch';
import { EventsModule, OrchestraEvents } from '#events';
import { MetricsService } from '#metrics';
import { OrchestraModule, type OrchestraModuleOptions } from './orchestra.module.js';

const workflow = { id: 'w', steps: [{ id: 'only', capability: 'greet', input: 'Ada' }] };
const FINISHED = 'orchestra_executions_finished_total{status="completed"} ';

/** What a feature of an application gets of its orchestra. */
@Injectable()
class Desk {
  constructor(
    readonly dispatcher: WorkflowDispatcher,
    readonly pool: AgentPool,
    readonly events: OrchestraEvents,
    readonly metrics: MetricsService,
  ) {}

  async run() {
    const handle = await this.dispatcher.submit(workflow);
    const { executionId, status, steps } = await handle.result();
    return { executionId, status, output: steps['only']!.output };
  }

  async finished(): Promise<number> {
    const text = await this.metrics.registry.metrics();
    const line = text.split('\n').find((each) => each.startsWith(FINISHED))!;
    return Number(line.slice(FINISHED.length));
  }
}

@Agent({ capability: 'greet' })
class English {
  execute = ({ input }: AgentTask): Promise<string> => Promise.resolve(`Hello, ${input as string}`);
}

@Agent({ capability: 'greet' })
class French {
  execute = ({ input }: AgentTask): Promise<string> => Promise.resolve(`Bonjour, ${input as string}`);
}

/** A module with a desk and an agent that imports an orchestra of its own. */
function feature(agent: Type, options: OrchestraModuleOptions = {}): Type {
  @Module({
    imports: [OrchestraModule.forRoot(options)],
    providers: [Desk, agent],
    exports: [OrchestraModule],
  })
  class Feature {}
  return Feature;
}

function compile(...imports: Type[]): Promise<TestingModule> {
  return Test.createTestingModule({ imports }).compile();
}

describe('several OrchestraModules in one application', () => {
  let app: TestingModule;
  afterEach(() => app.close());

  const deskOf = (module: Type): Desk => app.select(module).get(Desk, { strict: true });
  const problemsOf = async (): Promise<ValidationError['problems']> => {
    const error: unknown = await app.init().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ValidationError);
    expect((error as Error).message).toMatch(/^several OrchestraModules in one application/);
    return (error as ValidationError).problems;
  };

  it('are each for the module that imports it: agents, executions, events and figures', async () => {
    const here = feature(English, { metrics: { path: '/here' }, dispatch: { maxSteps: 1 } });
    const there = feature(French, { metrics: { path: '/there' } });
    app = await compile(here, there);
    await app.init();
    const [english, french] = [deskOf(here), deskOf(there)];
    const heard = jest.fn();
    french.events.on('execution.completed', heard);

    const hello = await english.run();
    expect(hello).toMatchObject({ status: 'completed', output: 'Hello, Ada' });
    expect(heard).not.toHaveBeenCalled();
    await expect(french.dispatcher.get(hello.executionId)).rejects.toMatchObject({
      code: 'EXECUTION_NOT_FOUND',
    });
    expect(await french.run()).toMatchObject({ status: 'completed', output: 'Bonjour, Ada' });
    expect(await french.run()).toMatchObject({ status: 'completed' });

    expect(heard).toHaveBeenCalledTimes(2);
    expect([await english.finished(), await french.finished()]).toEqual([1, 2]);
    expect(english.pool.pools().map(({ performance }) => performance.tasks)).toEqual([1]);
    expect(french.pool.pools().map(({ performance }) => performance.tasks)).toEqual([2]);
    const twoSteps = { id: 'w', steps: [...workflow.steps, { ...workflow.steps[0], id: 'second' }] };
    await expect(english.dispatcher.submit(twoSteps)).rejects.toThrow(ValidationError);
    await (await french.dispatcher.submit(twoSteps)).result();
  });

  it('serve their own figures, each at its own path', async () => {
    const here = feature(English, { metrics: { path: '/here' } });
    const there = feature(French, { metrics: { path: '/there' } });
    app = await compile(here, there);
    const server = app.createNestApplication<NestFastifyApplication>(new FastifyAdapter(), { logger: false });
    await server.init();
    await deskOf(there).run();
    const scrape = async (url: string) => (await server.inject({ method: 'GET', url })).body;
    expect(await scrape('/here')).toContain(`${FINISHED}0`);
    expect(await scrape('/there')).toContain(`${FINISHED}1`);
    await server.close();
  });

  it('end on their own: what one has drained, the other still runs', async () => {
    const [here, there] = [feature(English), feature(French)];
    app = await compile(here, there);
    await app.init();
    const [english, french] = [deskOf(here).dispatcher, deskOf(there).dispatcher];
    await english.drain();
    await expect(english.submit(workflow)).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
    expect((await (await french.submit(workflow)).result()).status).toBe('completed');
  });

  it('reach further modules through those that export them, a global one all of them', async () => {
    const ofRoot = feature(English);
    Global()(ofRoot);
    const own = feature(French);
    @Module({ providers: [Desk] })
    class Anybody {}
    @Module({ imports: [own], providers: [Desk] })
    class Neighbour {}
    app = await compile(ofRoot, own, Anybody, Neighbour);
    await app.init();
    expect(await deskOf(Anybody).run()).toMatchObject({ output: 'Hello, Ada' });
    expect(await deskOf(Neighbour).run()).toMatchObject({ output: 'Bonjour, Ada' });
  });

  it('refuse to start while anybody would get a part of one by chance, naming all', async () => {
    @Injectable()
    class Other {
      @Inject(AgentPool) readonly pool!: AgentPool;
    }
    @Controller('x')
    class Route {
      constructor(readonly dispatcher: WorkflowDispatcher) {}
    }
    @Agent({ capability: 'greet' })
    class Lost extends English {}
    @Module({
      controllers: [Route],
      providers: [Lost, Other, { provide: 'made', inject: [WorkflowDispatcher], useFactory: () => 1 }],
    })
    class Elsewhere {}
    @Injectable()
    class Listener {
      constructor(readonly events: OrchestraEvents) {}
    }
    @Module({ imports: [EventsModule], providers: [Listener] })
    class Deaf {}
    app = await compile(feature(English), feature(French), Elsewhere, Deaf);
    const problems = await problemsOf();
    expect(problems.map(({ path, message }) => `${path} ${message}`).sort()).toEqual([
      'Deaf.Listener injects OrchestraEvents of one that its module does not import',
      'Elsewhere.Lost is an @Agent() of none of them: its module has to import the one it is for',
      'Elsewhere.Other injects AgentPool of one that its module does not import',
      'Elsewhere.Route injects WorkflowDispatcher of one that its module does not import',
      'Elsewhere.made injects WorkflowDispatcher of one that its module does not import',
    ]);
  });

  it('take nothing for granted of one that has no metrics', async () => {
    app = await compile(feature(English), feature(French, { metrics: false }));
    expect(await problemsOf()).toEqual([
      { path: 'Feature.Desk', message: 'injects MetricsService of one that its module does not import' },
    ]);
  });
});
