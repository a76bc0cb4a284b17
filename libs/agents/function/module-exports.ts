import { z } from 'zod';
import type { Agent, AgentCallable } from '#agent-pool';
import { toProblems } from '#core';
import { AgentError } from '../agents.errors.js';

/** What a module of an agent exports. */
export interface AgentModule {
  default: AgentCallable;
  ping?: Agent['ping'];
  dispose?: Agent['dispose'];
}

function functionOf<F>(): z.ZodType<F> {
  return z.custom<F>((value) => typeof value === 'function', 'must be a function');
}

/** Not strict: a module may export more than we use. */
const agentModuleSchema: z.ZodType<AgentModule> = z.object({
  default: functionOf<AgentCallable>(),
  ping: functionOf<Agent['ping']>().optional(),
  dispose: functionOf<Agent['dispose']>().optional(),
});

/** @throws {AgentError} `AGENT_MODULE_INVALID`, listing the exports that are missing or no functions. */
export function parseModuleExports(exports: unknown, module: string): AgentModule {
  // A namespace object has no prototype and getters of its own; zod takes plain objects.
  const parsed = agentModuleSchema.safeParse({ ...(exports as object) });
  if (parsed.success) return parsed.data;
  const problems = toProblems(parsed.error.issues);
  const list = problems.map(({ path, message }) => `export ${path} ${message}`).join('; ');
  throw new AgentError('AGENT_MODULE_INVALID', `module ${module}: ${list}`, {
    details: { module, problems },
  });
}
