import {
  Inject,
  Module,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { ClockModule } from '#core';
import { EventsModule } from '#events';
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
 * The `AgentPool` of an application: the pools of its options and those of its providers with `@Agent()`.
 *
 * Bootstrap begins to make the agents and does not wait for them: a server listens early, and `whenProvisioned` tells
 * when they are there. They are disposed of in `onApplicationShutdown`, after all drains, which still need them.
 */
@Module({
  imports: [ClockModule, EventsModule, DiscoveryModule],
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

  onModuleInit(): void {
    for (const definition of [...this.#options.pools, ...this.#explorer.explore()])
      this.#pool.add(definition);
  }

  onApplicationBootstrap(): void {
    this.#pool.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#pool.close();
  }
}
