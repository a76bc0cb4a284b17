import { CallableAgent } from '../callable-agent.js';
import { AgentFactory, type Agent, type AgentProvider } from '../ports/agent.js';

/** Makes agents that all run on one Nest provider; the provider's own `dispose` is called when the last one goes. */
export class ProviderAgentFactory extends AgentFactory {
  readonly kind = 'function';
  readonly #provider: AgentProvider;
  #agents = 0;

  constructor(provider: AgentProvider) {
    super();
    this.#provider = provider;
  }

  create(): Promise<Agent> {
    const provider = this.#provider;
    this.#agents++;
    return Promise.resolve(
      new CallableAgent((task, context) => provider.execute(task, context), {
        ping: async (signal) => provider.ping?.(signal),
        dispose: () => this.#left(),
      }),
    );
  }

  async #left(): Promise<void> {
    if (--this.#agents === 0) await this.#provider.dispose?.();
  }
}
