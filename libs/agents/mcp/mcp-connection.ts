import { Client, METHOD_NOT_FOUND, ProtocolError, type RequestOptions } from '@modelcontextprotocol/client';
import type { AgentContext } from '#agent-pool';
import { MAX_DELAY_MS, MissingPeerError, untilAborted, type Clock } from '#core';
import { AgentError } from '../agents.errors.js';
import { askUnlessBusy } from '../ping/ask-unless-busy.js';
import { isSessionLost, mcpError } from './mcp-errors.js';
import type { McpTransport } from './mcp-transport.js';
import type { ToolCall } from './tool-call.js';
import { toolOutput } from './tool-result.js';

const CLIENT_INFO = { name: 'nest-orchestra', version: '1' };

/** Under which the idempotency key of a task travels in the `_meta` of its call. */
const IDEMPOTENCY_META_KEY = 'nest-orchestra/idempotencyKey';

/**
 * One initialized connection to an MCP server. States: open → closed (final), by `close` or by itself; then `closed`
 * is true and every call fails.
 */
export class McpConnection {
  readonly #client: Client;
  readonly #transport: McpTransport;
  #callsUnderWay = 0;
  #closed = false;

  private constructor(client: Client, transport: McpTransport) {
    this.#client = client;
    this.#transport = transport;
    client.onclose = () => {
      this.#closed = true;
    };
  }

  /**
   * Starts the transport and shakes hands.
   *
   * @throws {AgentError} `AGENT_UNREACHABLE`, also when the signal aborts; nothing is left behind then.
   */
  static async open(transport: McpTransport, signal: AbortSignal): Promise<McpConnection> {
    const connection = new McpConnection(new Client(CLIENT_INFO, { capabilities: {} }), transport);
    try {
      await untilAborted(connection.#client.connect(transport, requestOptions(signal)), signal);
      return connection;
    } catch (error) {
      await transport.close();
      throw unreachable(signal.aborted ? (signal.reason as Error) : (transport.failure ?? mcpError(error)));
    }
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** @throws {AgentError}; the signal's reason, after the server was told to stop. */
  async callTool(call: ToolCall, context: AgentContext): Promise<unknown> {
    const { signal, idempotencyKey, traceparent } = context;
    const { tool: name, arguments: args } = call;
    this.#callsUnderWay++;
    try {
      const result = await this.#client.callTool(
        {
          name,
          arguments: args,
          _meta: { [IDEMPOTENCY_META_KEY]: idempotencyKey, ...(traceparent === null ? {} : { traceparent }) },
        },
        {
          ...requestOptions(signal),
          onprogress: ({ progress, total, message }) => context.progress({ progress, total, message }),
        },
      );
      return toolOutput(name, result);
    } catch (error) {
      signal.throwIfAborted();
      throw this.#explain(error);
    } finally {
      this.#callsUnderWay--;
    }
  }

  /**
   * A server that does not answer while a call is under way is well: many do one thing after the other. So is one that
   * answers that it knows no ping.
   * @throws {AgentError}; the signal's reason.
   */
  async ping(signal: AbortSignal, clock: Clock): Promise<void> {
    const isBusy = (): boolean => this.#callsUnderWay > 0 && !this.#closed;
    try {
      await askUnlessBusy((asking) => this.#client.ping(requestOptions(asking)), { clock, signal, isBusy });
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof ProtocolError && error.code === METHOD_NOT_FOUND) return;
      throw this.#explain(error);
    }
  }

  /** Idempotent; resolves when the server, if it is ours, has ended. */
  close(): Promise<void> {
    this.#closed = true;
    return this.#transport.close();
  }

  #explain(error: unknown): AgentError | MissingPeerError {
    if (isSessionLost(error) && this.#transport.sessionId !== undefined) {
      void this.close();
      return new AgentError('AGENT_LOST', `the MCP server no longer knows the session (${error.status})`, {
        retryable: true,
        cause: error,
      });
    }
    const { failure, overflowed } = this.#transport;
    if (failure === undefined) return mcpError(error);
    // Which of several calls was answered at such length is not known; the others must not pay for it.
    return overflowed && this.#callsUnderWay > 1
      ? new AgentError('AGENT_LOST', 'the MCP connection was given up', { retryable: true, cause: failure })
      : failure;
  }
}

/** The signal bounds the request; the SDK's own timeout, 60 s by default, must not come before it. */
function requestOptions(signal: AbortSignal): RequestOptions {
  return { signal, timeout: MAX_DELAY_MS };
}

function unreachable(error: Error): AgentError | MissingPeerError {
  if (error instanceof MissingPeerError) return error;
  if (error instanceof AgentError && error.code === 'AGENT_UNREACHABLE') return error;
  return new AgentError('AGENT_UNREACHABLE', `no connection to the MCP server: ${error.message}`, {
    retryable: true,
    details: error instanceof AgentError ? error.details : {},
    cause: error,
  });
}
