import { z } from 'zod';
import type { AgentFactory } from './ports/agent.js';
import { poolOptionsSchema, type PoolOptions } from './pool-options.js';

/** A pool to be: its options and what makes its agents. */
export interface PoolDefinition extends PoolOptions {
  factory: AgentFactory;
}

export const poolDefinitionSchema = poolOptionsSchema.safeExtend({
  factory: z.custom<AgentFactory>(isFactory, 'must be an AgentFactory'),
});
export type ResolvedPoolDefinition = z.output<typeof poolDefinitionSchema>;

function isFactory(value: unknown): boolean {
  const { kind, create } = (value ?? {}) as { kind?: unknown; create?: unknown };
  return typeof kind === 'string' && typeof create === 'function';
}
