import { z } from 'zod';
import {
  HttpAgentFactory,
  McpAgentFactory,
  ModuleAgentFactory,
  ThreadAgentFactory,
  httpAgentOptionsSchema,
  mcpAgentOptionsSchema,
  moduleAgentOptionsSchema,
  threadAgentOptionsSchema,
  type HttpAgentOptions,
  type McpAgentOptions,
  type ModuleAgentOptions,
  type ThreadAgentOptions,
} from '#agents';
import { poolOptionsSchema, type AgentFactory, type PoolDefinition, type PoolOptions } from '#agent-pool';
import { isPlainObject, type Clock } from '#core';
import type { HttpClient } from '#http';
import { delegate } from './delegate.js';

/** The kinds of agents that can be named in configuration, each with its own options. */
interface AgentOptions {
  function: ModuleAgentOptions;
  http: HttpAgentOptions;
  mcp: McpAgentOptions;
  thread: ThreadAgentOptions;
}
type Kind = keyof AgentOptions;

const AGENT_SCHEMAS: ReadonlyMap<Kind, z.ZodType> = new Map<Kind, z.ZodType>([
  ['function', moduleAgentOptionsSchema],
  ['http', httpAgentOptionsSchema],
  ['mcp', mcpAgentOptionsSchema],
  ['thread', threadAgentOptionsSchema],
]);

type AgentConfig = { [K in Kind]: { kind: K } & AgentOptions[K] }[Kind];

/** A pool as data: the options of every pool, a `kind`, and the options of that kind beside them. */
export type PoolConfigInput = PoolOptions & AgentConfig;

/** The same with the defaults of the pool filled in; those of the kind are its factory's. Parsed again, it stays as it is. */
export type PoolConfig = z.output<typeof poolOptionsSchema> & AgentConfig;

/** Every problem of the pool's and of the kind's options at once; the kind decides which options there are. */
export const poolConfigSchema = z
  .custom<PoolConfigInput>(isPlainObject, 'must be the options of a pool')
  .transform((config, context): PoolConfig => {
    const { pool, agent } = split(config);
    const common = delegate(context, poolOptionsSchema, pool);
    const schema = AGENT_SCHEMAS.get(agent.kind);
    if (schema !== undefined) delegate(context, schema, agent.options);
    else {
      const kinds = [...AGENT_SCHEMAS.keys()].join(', ');
      context.addIssue({ code: 'custom', path: ['kind'], message: `must be one of ${kinds}` });
    }
    return { ...config, ...common };
  });

/** What agents of the configured kinds work with. */
export interface AgentTools {
  client: HttpClient;
  clock: Clock;
}

export function toPoolDefinition(config: PoolConfig, tools: AgentTools): PoolDefinition {
  const { pool, agent } = split(config);
  return { ...pool, factory: toFactory(agent, tools) };
}

function toFactory({ kind, options }: AgentPart, { client, clock }: AgentTools): AgentFactory {
  switch (kind) {
    case 'function':
      return new ModuleAgentFactory(options);
    case 'http':
      return new HttpAgentFactory(options, client, clock);
    case 'mcp':
      return new McpAgentFactory(options, client, clock);
    case 'thread':
      return new ThreadAgentFactory(options, clock);
  }
}

type AgentPart = { [K in Kind]: { kind: K; options: AgentOptions[K] } }[Kind];

/** The options that every pool has stand beside those of its kind; what no pool has is the kind's to judge. */
function split({ kind, ...rest }: PoolConfigInput): { pool: PoolOptions; agent: AgentPart } {
  const entries = Object.entries(rest);
  const isPool = ([key]: [string, unknown]): boolean => Object.hasOwn(poolOptionsSchema.shape, key);
  const pool = Object.fromEntries(entries.filter(isPool));
  const options = Object.fromEntries(entries.filter((entry) => !isPool(entry)));
  // No type follows keys that are told apart by a schema. Whoever reads on checks both parts.
  return { pool, agent: { kind, options } } as unknown as { pool: PoolOptions; agent: AgentPart };
}
