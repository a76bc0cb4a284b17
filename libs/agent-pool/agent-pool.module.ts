import {
  Inject,
  Module,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import {
  AGENT_POOL_OPTIONS,
  ConfigurableModuleClass,
  optionsProvider,
  type ResolvedAgentPoolModuleOptions,
} from './agent-pool.options.js';
import { AgentPool } from './agent-pool.js';
import { AgentExplorer } from './discovery/agent-explorer.js';

export type { AgentPoolModuleOptions } from './agent-pool.options.js';

/**
 * The `AgentPool` of an application: the pools of its options and those of its providers with `@Agent()`. Of several in
 * one application each has the providers whose module would inject it: those of modules that import it, say.
 *
 * Bootstrap begins to make the agents and does not wait for them: a server listens early, and `whenProvisioned` tells
 * when they are there. They are disposed of in `onApplicationShutdown`, after all drains, which still need them.
 */
@Module({
  imports: [DiscoveryModule],
  providers: [optionsProvider, AgentPool, AgentExplorer],
  exports: [AgentPool],
})
export class AgentPoolModule
  extends ConfigurableModuleClass
  implements OnModuleInit, OnApplicationBootstrap, OnApplicationShutdown
{
  readonly #options: ResolvedAgentPoolModuleOptions;
  readonly #pool: AgentPool;
  readonly #explorer: AgentExplorer;

  constructor(
    @Inject(AGENT_POOL_OPTIONS) options: ResolvedAgentPoolModuleOptions,
    pool: AgentPool,
    explorer: AgentExplorer,
  ) {
    super();
    this.#options = options;
    this.#pool = pool;
    this.#explorer = explorer;
  }

  async onModuleInit(): Promise<void> {
    const found = await this.#explorer.explore(this.#pool);
    for (const definition of [...this.#options.pools, ...found]) this.#pool.add(definition);
  }

  onApplicationBootstrap(): void {
    this.#pool.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#pool.close();
  }
}
