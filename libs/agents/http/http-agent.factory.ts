import { AgentFactory, type Agent } from '#agent-pool';
import { parseOptions, type Clock } from '#core';
import type { HttpClient } from '#http';
import {
  httpAgentOptionsSchema,
  type HttpAgentOptions,
  type ResolvedHttpAgentOptions,
} from './http-agent-options.js';
import { HttpAgent } from './http-agent.js';

/**
 * Agents behind the http agent protocol. Making one calls nobody, so that the service starts before its agents do:
 * whether one is there, its ping and its first task say.
 */
export class HttpAgentFactory extends AgentFactory {
  readonly kind = 'http';
  readonly #options: ResolvedHttpAgentOptions;
  readonly #client: HttpClient;
  readonly #clock: Clock;

  /** @throws {ValidationError} on bad options. */
  constructor(options: HttpAgentOptions, client: HttpClient, clock: Clock) {
    super();
    this.#options = parseOptions(httpAgentOptionsSchema, options, 'http agent options');
    this.#client = client;
    this.#clock = clock;
  }

  async create(signal: AbortSignal): Promise<Agent> {
    signal.throwIfAborted();
    return new HttpAgent(this.#options, this.#client, this.#clock);
  }
}
