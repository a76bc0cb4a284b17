import type { Transport } from '@modelcontextprotocol/client';
import type { AgentError } from '../agents.errors.js';

/** A transport of the MCP SDK that can say why it ended. */
export interface McpTransport extends Transport {
  /** Why the connection ended by itself; undefined while it stands, and when it was closed by us. */
  readonly failure: AgentError | undefined;
  /** Whether a result larger than the agent's limit was begun; the connection has been given up then. */
  readonly overflowed: boolean;
  /** Ends the connection and, if it is ours, the server. Idempotent, bounded in time; nothing is left when it resolves. */
  close(): Promise<void>;
}

/** Room for the envelope of a message and for the notifications around it. */
const OVERHEAD_BYTES = 1_048_576;

/**
 * How much of one answer is taken off the wire for an output of `maxOutputBytes`: servers send a result twice, as text
 * and as structured content, and the text, being JSON within JSON, with every quote escaped.
 */
export function wireLimitBytes(maxOutputBytes: number): number {
  return 4 * maxOutputBytes + OVERHEAD_BYTES;
}
