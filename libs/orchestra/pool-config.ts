import { z } from 'zod';
import {
  HttpAgentFactory,
  McpAgentFactory,
  ModuleAgentFactory,
  httpAgentOptionsSchema,
  mcpAgentOptionsSchema,
  moduleAgentOptionsSchema,
  type HttpAgentOptions,
  type McpAgentOptions,
  type ModuleAgentOptions,
} from '#agents';
import { poolOptionsSchema, type AgentFactory, type PoolDefinition, type PoolOptions } from '#agent-pool';
import type { Clock } from '#core';
import type { HttpClient } from '#http';

/** The kinds of agents that can be named in configuration, each with the schema of its own options. */
const AGENT_SCHEMAS = {
  function: moduleAgentOptionsSchema,
  http: httpAgentOptionsSchema,
  mcp: mcpAgentOptionsSchema,
} as const;

type AgentConfig =
  | ({ kind: 'function' } & ModuleAgentOptions)
  | ({ kind: 'http' } & HttpAgentOptions)
  | ({ kind: 'mcp' } & McpAgentOptions);

/** A pool as data: the options of every pool, a `kind`, and the options of that kind beside them. */
export type PoolConfigInput = PoolOptions & AgentConfig;

/** The same with the defaults of the pool filled in. */
export type PoolConfig = z.output<typeof poolOptionsSchema> & AgentConfig;

/** Every problem of the pool's and of the kind's options at once; the kind decides which options there are. */
export const poolConfigSchema = z
  .looseObject({ kind: z.literal(['function', 'http', 'mcp']) })
  .transform(({ kind, ...rest }, context): PoolConfig => {
    const { pool, agent } = split(rest);
    const parsed = poolOptionsSchema.safeParse(pool);
    const issues = [parsed.error, AGENT_SCHEMAS[kind].safeParse(agent).error].flatMap(
      (error) => error?.issues ?? [],
    );
    if (parsed.success && issues.length === 0) return { ...parsed.data, kind, ...agent } as PoolConfig;
    context.issues.push(...(issues as z.core.$ZodRawIssue[]));
    return z.NEVER;
  });

/** What agents of the configured kinds work with. */
export interface AgentTools {
  client: HttpClient;
  clock: Clock;
}

export function toPoolDefinition(config: PoolConfig, tools: AgentTools): PoolDefinition {
  const { kind, ...rest } = config;
  const { pool, agent } = split(rest);
  return { ...(pool as PoolOptions), factory: toFactory({ kind, ...agent } as AgentConfig, tools) };
}

function toFactory({ kind, ...agent }: AgentConfig, { client, clock }: AgentTools): AgentFactory {
  switch (kind) {
    case 'function':
      return new ModuleAgentFactory(agent as ModuleAgentOptions);
    case 'http':
      return new HttpAgentFactory(agent as HttpAgentOptions, client, clock);
    case 'mcp':
      return new McpAgentFactory(agent as McpAgentOptions, client, clock);
  }
}

/** The options that every pool has stand beside those of its kind; what no pool has is the kind's to judge. */
function split(options: Record<string, unknown>): Record<'pool' | 'agent', Record<string, unknown>> {
  const isPool = ([key]: [string, unknown]): boolean => key in poolOptionsSchema.shape;
  const entries = Object.entries(options);
  return {
    pool: Object.fromEntries(entries.filter(isPool)),
    agent: Object.fromEntries(entries.filter((entry) => !isPool(entry))),
  };
}
