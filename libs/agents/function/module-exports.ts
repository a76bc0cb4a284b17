import type { Agent, AgentCallable } from '#agent-pool';
import type { Problem } from '#core/plain';
import { AgentError } from '../agents.errors.js';

/** What a module of an agent exports. */
export interface AgentModule {
  default: AgentCallable;
  ping?: Agent['ping'];
  dispose?: Agent['dispose'];
}

const OPTIONAL = ['ping', 'dispose'] as const;

/**
 * By hand, for the threads of agents do without zod. A module may export more than we use.
 * @throws {AgentError} `AGENT_MODULE_INVALID`, listing the exports that are missing or no functions.
 */
export function parseModuleExports(exports: unknown, module: string): AgentModule {
  const found: Record<string, unknown> = { ...(exports as object) };
  const wanted = ['default', ...OPTIONAL.filter((name) => found[name] !== undefined)];
  const problems = wanted
    .filter((name) => typeof found[name] !== 'function')
    .map((name): Problem => ({ path: name, message: 'must be a function' }));
  if (problems.length === 0) return exports as AgentModule;
  const list = problems.map(({ path, message }) => `export ${path} ${message}`).join('; ');
  throw new AgentError('AGENT_MODULE_INVALID', `module ${module}: ${list}`, {
    details: { module, problems },
  });
}
