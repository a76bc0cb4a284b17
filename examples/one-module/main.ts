import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AgentPoolModule } from 'nest-orchestra/agent-pool';
import { FunctionAgentFactory } from 'nest-orchestra/agents';
import { DispatchModule, WorkflowDispatcher, defineWorkflow } from 'nest-orchestra/dispatch';
import { QueueModule } from 'nest-orchestra/queue';
import { StateModule } from 'nest-orchestra/state';

const shout = new FunctionAgentFactory(({ input }) => `${(input as string).toUpperCase()}!`);

/** Dispatch and pools alone; dispatch keeps its jobs in a queue and its executions in a store. */
@Module({
  imports: [
    QueueModule.forRoot({ driver: 'memory' }),
    StateModule.forRoot({ driver: 'memory' }),
    AgentPoolModule.forRoot({ pools: [{ capability: 'shout', factory: shout }] }),
    DispatchModule.forRoot({ maxConcurrentSteps: 2 }),
  ],
})
class AppModule {}

const app = await NestFactory.createApplicationContext(AppModule, { logger: ['error', 'warn'] });

const workflow = defineWorkflow({ id: 'loud' })
  .step('once', { capability: 'shout', input: '{% $input %}' })
  .step('twice', { capability: 'shout', dependsOn: ['once'], input: '{% $steps.once.output %}' })
  .output('{% $steps.twice.output %}')
  .build();

const execution = await app.get(WorkflowDispatcher).submit(workflow, { input: 'hear, hear' });
console.log((await execution.result()).output);

await app.close();
