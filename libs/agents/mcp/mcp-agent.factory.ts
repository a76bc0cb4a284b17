import { AgentFactory, type Agent } from '#agent-pool';
import { loadPeer, parseOptions, untilAborted, type Clock } from '#core';
import type { HttpClient } from '#http';
import {
  mcpAgentOptionsSchema,
  type McpAgentOptions,
  type ResolvedMcpAgentOptions,
} from './mcp-agent-options.js';

/**
 * Agents that run the tools of an MCP server: a child process an agent, or one server behind a URL for all. The peer
 * dependency `@modelcontextprotocol/client` is loaded when the first agent is made.
 */
export class McpAgentFactory extends AgentFactory {
  readonly kind = 'mcp';
  readonly #options: ResolvedMcpAgentOptions;
  readonly #client: HttpClient;
  readonly #clock: Clock;

  /** @throws {ValidationError} on bad options. */
  constructor(options: McpAgentOptions, client: HttpClient, clock: Clock) {
    super();
    this.#options = parseOptions(mcpAgentOptionsSchema, options, 'mcp agent options');
    this.#client = client;
    this.#clock = clock;
  }

  /**
   * @throws {AgentError} `AGENT_UNREACHABLE`; {MissingPeerError} without `@modelcontextprotocol/client`; the signal's
   *   reason. No process is left then.
   */
  async create(signal: AbortSignal): Promise<Agent> {
    signal.throwIfAborted();
    const loading = loadPeer('@modelcontextprotocol/client', () => import('./open-mcp-agent.js'));
    const { openMcpAgent } = await untilAborted(loading, signal);
    return openMcpAgent(this.#options, this.#client, this.#clock, signal);
  }
}
