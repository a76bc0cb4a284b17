import { AgentFactory, CallableAgent, type Agent } from '#agent-pool';
import { parseOptions, untilAborted } from '#core';
import { checked } from './function-agent.factory.js';
import { loadModule, type ImportModule } from './load-module.js';
import {
  moduleAgentOptionsSchema,
  type ModuleAgentOptions,
  type ResolvedModuleAgentOptions,
} from './module-agent-options.js';

/**
 * Agents that run the default export of an ES module, `(task, context) => output`, in this process. A named `ping` and
 * `dispose` are called as those of an agent, once an agent: the module is loaded once and shared by them all.
 */
export class ModuleAgentFactory extends AgentFactory {
  readonly kind = 'function';
  readonly #options: ResolvedModuleAgentOptions;
  readonly #importModule: ImportModule;

  /**
   * @param importModule how a module is loaded, for hosts without an `import()` of their own (test runners).
   * @throws {ValidationError} on bad options.
   */
  constructor(options: ModuleAgentOptions, importModule: ImportModule = (url) => import(url)) {
    super();
    this.#options = parseOptions(moduleAgentOptionsSchema, options, 'module agent options');
    this.#importModule = importModule;
  }

  /** @throws {AgentError} `AGENT_MODULE_INVALID`; the signal's reason. */
  async create(signal: AbortSignal): Promise<Agent> {
    signal.throwIfAborted();
    const { module, maxOutputBytes } = this.#options;
    const loading = loadModule(module, this.#importModule);
    const { default: callable, ping, dispose } = await untilAborted(loading, signal);
    return new CallableAgent(checked(callable, maxOutputBytes), { ping, dispose });
  }
}
