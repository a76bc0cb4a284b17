import type { Agent } from '#agent-pool';
import type { Clock } from '#core';
import type { HttpClient } from '#http';
import type { ResolvedMcpAgentOptions } from './mcp-agent-options.js';
import { McpAgent } from './mcp-agent.js';
import type { McpTransport } from './mcp-transport.js';
import { StdioTransport } from './stdio-transport.js';
import { StreamableHttpTransport } from './streamable-http-transport.js';

/** A connected agent. @throws {AgentError} `AGENT_UNREACHABLE`; the signal's reason. No process is left then. */
export async function openMcpAgent(
  options: ResolvedMcpAgentOptions,
  client: HttpClient,
  clock: Clock,
  signal: AbortSignal,
): Promise<Agent> {
  const makeTransport = (): McpTransport =>
    'command' in options
      ? new StdioTransport(options, clock)
      : new StreamableHttpTransport(options, client, clock);
  const agent = new McpAgent({ clock, makeTransport, maxOutputBytes: options.maxOutputBytes });
  try {
    await agent.connect(signal);
    return agent;
  } catch (error) {
    await agent.dispose();
    throw error;
  }
}
