import { CallableAgent } from '../callable-agent.js';
import { AgentFactory, type Agent, type AgentProvider } from '../ports/agent.js';

/** Makes agents that all run on one Nest provider; the provider's own `dispose` is called when their pool closes. */
export class ProviderAgentFactory extends AgentFactory {
  readonly kind = 'function';
  readonly #provider: AgentProvider;

  constructor(provider: AgentProvider) {
    super();
    this.#provider = provider;
  }

  create(): Promise<Agent> {
    const provider = this.#provider;
    return Promise.resolve(
      new CallableAgent((task, context) => provider.execute(task, context), {
        ping: provider.ping && ((signal) => provider.ping?.(signal) ?? Promise.resolve()),
      }),
    );
  }

  override async close(): Promise<void> {
    await this.#provider.dispose?.();
  }
}
