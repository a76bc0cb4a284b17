import { AgentFactory, type Agent } from '#agent-pool';
import { parseOptions, type Clock } from '#core';
import type { HttpClient } from '#http';
import {
  mcpAgentOptionsSchema,
  type McpAgentOptions,
  type ResolvedMcpAgentOptions,
} from './mcp-agent-options.js';
import { McpAgent } from './mcp-agent.js';
import type { McpTransport } from './mcp-transport.js';
import { StdioTransport } from './stdio-transport.js';
import { StreamableHttpTransport } from './streamable-http-transport.js';

/** Agents that run the tools of an MCP server: a child process an agent, or one server behind a URL for all. */
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

  /** @throws {AgentError} `AGENT_UNREACHABLE`; the signal's reason. No process is left then. */
  async create(signal: AbortSignal): Promise<Agent> {
    const agent = new McpAgent({
      clock: this.#clock,
      makeTransport: () => this.#makeTransport(),
      maxOutputBytes: this.#options.maxOutputBytes,
    });
    try {
      await agent.connect(signal);
      return agent;
    } catch (error) {
      await agent.dispose();
      throw error;
    }
  }

  #makeTransport(): McpTransport {
    const options = this.#options;
    return 'command' in options
      ? new StdioTransport(options, this.#clock)
      : new StreamableHttpTransport(options, this.#client, this.#clock);
  }
}
