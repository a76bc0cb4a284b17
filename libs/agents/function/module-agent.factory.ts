import { pathToFileURL } from 'node:url';
import { AgentFactory, CallableAgent, type Agent } from '#agent-pool';
import { parseOptions, untilAborted, messageOf } from '#core';
import { AgentError } from '../agents.errors.js';
import { checked } from './function-agent.factory.js';
import { moduleAgentOptionsSchema, type ModuleAgentOptions } from './module-agent-options.js';
import { parseModuleExports } from './module-exports.js';

/** Loads the ES module at a `file:` URL; what `import()` does. */
export type ImportModule = (url: string) => Promise<unknown>;

/**
 * Agents that run the default export of an ES module, `(task, context) => output`, in this process. A named `ping` and
 * `dispose` are called as those of an agent, once an agent: the module is loaded once and shared by them all.
 */
export class ModuleAgentFactory extends AgentFactory {
  readonly kind = 'function';
  readonly #module: string;
  readonly #url: string;
  readonly #maxOutputBytes: number;
  readonly #importModule: ImportModule;

  /**
   * @param importModule how a module is loaded, for hosts without an `import()` of their own (test runners).
   * @throws {ValidationError} on bad options.
   */
  constructor(options: ModuleAgentOptions, importModule: ImportModule = (url) => import(url)) {
    super();
    const { module, maxOutputBytes } = parseOptions(
      moduleAgentOptionsSchema,
      options,
      'module agent options',
    );
    this.#module = module;
    this.#url = module.startsWith('file:') ? module : pathToFileURL(module).href;
    this.#maxOutputBytes = maxOutputBytes;
    this.#importModule = importModule;
  }

  /** @throws {AgentError} `AGENT_MODULE_INVALID`; the signal's reason. */
  async create(signal: AbortSignal): Promise<Agent> {
    signal.throwIfAborted();
    const exports = await untilAborted(this.#load(), signal);
    const { default: callable, ping, dispose } = parseModuleExports(exports, this.#module);
    return new CallableAgent(checked(callable, this.#maxOutputBytes), { ping, dispose });
  }

  async #load(): Promise<unknown> {
    try {
      return await this.#importModule(this.#url);
    } catch (error) {
      throw new AgentError(
        'AGENT_MODULE_INVALID',
        `module ${this.#module} cannot be loaded: ${messageOf(error)}`,
        {
          details: { module: this.#module },
          cause: error,
        },
      );
    }
  }
}
