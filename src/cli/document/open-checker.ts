import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { AgentFactory, AgentPoolModule, type Agent } from '#agent-pool';
import { untilAborted } from '#core';
import { DispatchModule, WorkflowDispatcher, type DispatchOptionsInput } from '#dispatch';
import { QueueModule } from '#queue';
import { StateModule } from '#state';

/** A pool of which the capability alone counts: its agents are never there. */
class NoAgentFactory extends AgentFactory {
  readonly kind = 'none';

  create(signal: AbortSignal): Promise<Agent> {
    return untilAborted(new Promise(() => undefined), signal);
  }
}

export interface Checker {
  dispatcher: WorkflowDispatcher;
  close(): Promise<void>;
}

/** A dispatcher that knows what there is and runs nothing: for checking workflows without starting an agent. */
export async function openChecker(
  capabilities: ReadonlySet<string>,
  dispatch: DispatchOptionsInput,
): Promise<Checker> {
  const factory = new NoAgentFactory();
  const app = await NestFactory.createApplicationContext(
    {
      module: class CheckerModule {},
      imports: [
        QueueModule.forRoot({ driver: 'memory' }),
        StateModule.forRoot({ driver: 'memory' }),
        AgentPoolModule.forRoot({
          pools: [...capabilities].map((capability) => ({ capability, factory })),
        }),
        DispatchModule.forRoot(dispatch),
      ],
    },
    { logger: false, abortOnError: false },
  );
  return { dispatcher: app.get(WorkflowDispatcher, { strict: false }), close: () => app.close() };
}
