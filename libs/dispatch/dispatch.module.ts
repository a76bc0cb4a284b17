import { ConfigurableModuleBuilder, Module, type FactoryProvider } from '@nestjs/common';
import { ClockModule, parseOptions } from '#core';
import { EventsModule } from '#events';
import {
  dispatchOptionsSchema,
  type DispatchOptions,
  type DispatchOptionsInput,
} from './dispatch.options.js';
import { DISPATCH_OPTIONS } from './dispatch.tokens.js';
import { WorkflowCompiler } from './document/workflow-compiler.js';
import { ExecutionWatch } from './execution-watch.js';
import { ExecutionStore } from './execution/execution-store.js';
import { StepRunner } from './runner/step-runner.js';
import { WorkflowRunner } from './runner/workflow-runner.js';
import { WorkflowDispatcher } from './workflow-dispatcher.js';

const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } = new ConfigurableModuleBuilder<DispatchOptionsInput>(
  {
    moduleName: 'Dispatch',
  },
)
  .setClassMethodName('forRoot')
  .setExtras({}, (definition) => ({ ...definition, global: true }))
  .build();

const options: FactoryProvider<DispatchOptions> = {
  provide: DISPATCH_OPTIONS,
  inject: [MODULE_OPTIONS_TOKEN],
  useFactory: (raw: DispatchOptionsInput) =>
    parseOptions(dispatchOptionsSchema, raw, 'DispatchModule options'),
};

/** Workflows in, executions out. Needs `QueueModule`, `StateModule` and `AgentPoolModule` beside it. */
@Module({
  imports: [ClockModule, EventsModule],
  providers: [
    options,
    ExecutionStore,
    ExecutionWatch,
    WorkflowCompiler,
    StepRunner,
    WorkflowRunner,
    WorkflowDispatcher,
  ],
  exports: [WorkflowDispatcher],
})
export class DispatchModule extends ConfigurableModuleClass {}
