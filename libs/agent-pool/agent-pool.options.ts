import { ConfigurableModuleBuilder, type FactoryProvider } from '@nestjs/common';
import { z } from 'zod';
import { parseOptions } from '#core';
import { poolDefinitionSchema } from './pool-definition.js';

const agentPoolModuleOptionsSchema = z.strictObject({
  pools: z
    .array(poolDefinitionSchema)
    .default([])
    .describe('Pools beside those of the providers with @Agent().'),
});
export type AgentPoolModuleOptions = z.input<typeof agentPoolModuleOptionsSchema>;
export type ResolvedAgentPoolModuleOptions = z.output<typeof agentPoolModuleOptionsSchema>;

const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } =
  new ConfigurableModuleBuilder<AgentPoolModuleOptions>({ moduleName: 'AgentPool' })
    .setClassMethodName('forRoot')
    .setExtras({}, (definition) => ({ ...definition, global: true }))
    .build();
export { ConfigurableModuleClass };

export const AGENT_POOL_OPTIONS = Symbol('nest-orchestra.agent-pool.options');

export const agentPoolOptionsProvider: FactoryProvider<ResolvedAgentPoolModuleOptions> = {
  provide: AGENT_POOL_OPTIONS,
  inject: [MODULE_OPTIONS_TOKEN],
  useFactory: (options: AgentPoolModuleOptions) =>
    parseOptions(agentPoolModuleOptionsSchema, options, 'AgentPoolModule options'),
};
