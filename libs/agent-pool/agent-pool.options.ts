import { z } from 'zod';
import { ClockModule, defineModuleOptions } from '#core';
import { EventsModule } from '#events';
import { poolDefinitionSchema } from './pool-definition.js';

const agentPoolModuleOptionsSchema = z.strictObject({
  pools: z
    .array(poolDefinitionSchema)
    .default([])
    .describe('Pools beside those of the providers with @Agent().'),
});
export type AgentPoolModuleOptions = z.input<typeof agentPoolModuleOptionsSchema>;
export type ResolvedAgentPoolModuleOptions = z.output<typeof agentPoolModuleOptionsSchema>;

export const AGENT_POOL_OPTIONS = Symbol('nest-orchestra.agent-pool.options');

export const { ConfigurableModuleClass, optionsProvider } = defineModuleOptions(
  'AgentPool',
  agentPoolModuleOptionsSchema,
  AGENT_POOL_OPTIONS,
  [ClockModule, EventsModule],
);
