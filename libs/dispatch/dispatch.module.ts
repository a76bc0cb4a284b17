import { Module } from '@nestjs/common';
import { ClockModule, defineModuleOptions } from '#core';
import { EventsModule } from '#events';
import { ExecutionArchive } from './archive/execution-archive.js';
import { dispatchOptionsSchema } from './dispatch.options.js';
import { DISPATCH_OPTIONS } from './dispatch.tokens.js';
import { WorkflowCompiler } from './document/workflow-compiler.js';
import { ExecutionQueue } from './execution-queue.js';
import { ExecutionRepair } from './execution-repair.js';
import { ExecutionWatch } from './execution-watch.js';
import { ExecutionCopies } from './execution/execution-copies.js';
import { ExecutionRetention } from './execution/execution-retention.js';
import { ExecutionStore } from './execution/execution-store.js';
import { StepRunner } from './runner/step-runner.js';
import { WorkflowRunner } from './runner/workflow-runner.js';
import { Submitter } from './submitter.js';
import { WorkflowDispatcher } from './workflow-dispatcher.js';

const { ConfigurableModuleClass, optionsProvider } = defineModuleOptions(
  'Dispatch',
  dispatchOptionsSchema,
  DISPATCH_OPTIONS,
  [ClockModule, EventsModule],
);

/** Workflows in, executions out. Needs `QueueModule`, `StateModule` and `AgentPoolModule` beside it. */
@Module({
  providers: [
    optionsProvider,
    ExecutionStore,
    ExecutionCopies,
    ExecutionRetention,
    ExecutionQueue,
    ExecutionRepair,
    ExecutionWatch,
    WorkflowCompiler,
    StepRunner,
    WorkflowRunner,
    Submitter,
    WorkflowDispatcher,
    ExecutionArchive,
  ],
  exports: [WorkflowDispatcher, ExecutionArchive],
})
export class DispatchModule extends ConfigurableModuleClass {}
