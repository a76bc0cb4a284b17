import { Injectable } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { ValidationError, parseShape, type Problem } from '#core';
import type { PoolDefinition } from '../pool-definition.js';
import { poolOptionsSchema } from '../pool-options.js';
import type { AgentPool } from '../agent-pool.js';
import type { AgentProvider } from '../ports/agent.js';
import { agentOptionsOf, type ProviderWrapper } from './agent-options.js';
import { poolOfModule } from './pool-of-module.js';
import { ProviderAgentFactory } from './provider-agent-factory.js';

/** Finds the providers that are decorated with `@Agent()`. */
@Injectable()
export class AgentExplorer {
  readonly #discovery: DiscoveryService;

  constructor(discovery: DiscoveryService) {
    this.#discovery = discovery;
  }

  /**
   * One pool a provider, of those whose module would inject `pool`: an application may have several.
   * @throws {ValidationError} listing what is wrong with all of them, by provider.
   */
  async explore(pool: AgentPool): Promise<PoolDefinition[]> {
    const definitions: PoolDefinition[] = [];
    const problems: Problem[] = [];
    const seen = new Set<unknown>();
    for (const wrapper of this.#discovery.getProviders()) {
      const options = agentOptionsOf(wrapper);
      if (options === undefined || (await poolOfModule(wrapper.host)) !== pool) continue;
      const provider: unknown = wrapper.instance;
      if (seen.has(provider)) continue; // the same instance under another token
      seen.add(provider);
      const name = nameOf(wrapper);
      const parsed = parseShape(poolOptionsSchema, options, [name]);
      if ('problems' in parsed) problems.push(...parsed.problems);
      if (wrapper.isTransient || !wrapper.isDependencyTreeStatic()) {
        problems.push({
          path: name,
          message: 'is request-scoped or transient; an agent must be a singleton',
        });
      } else if (!isAgentProvider(provider)) {
        problems.push({ path: name, message: 'has no method execute(task, context)' });
      } else if ('data' in parsed) {
        definitions.push({ ...parsed.data, factory: new ProviderAgentFactory(provider) });
      }
    }
    if (problems.length > 0) throw new ValidationError('@Agent() providers', problems);
    return definitions;
  }
}

function nameOf({ metatype, name }: ProviderWrapper): string {
  return metatype?.name ?? String(name);
}

function isAgentProvider(value: unknown): value is AgentProvider {
  return typeof (value as { execute?: unknown } | null | undefined)?.execute === 'function';
}
