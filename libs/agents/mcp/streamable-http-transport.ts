import {
  StreamableHTTPClientTransport,
  isJSONRPCErrorResponse,
  isJSONRPCNotification,
  isJSONRPCRequest,
  isJSONRPCResultResponse,
  type JSONRPCMessage,
  type TransportSendOptions,
} from '@modelcontextprotocol/client';
import type { Clock } from '#core';
import type { HttpClient } from '#http';
import type { AgentError } from '../agents.errors.js';
import { outputTooLarge } from '../output/check-output.js';
import { boundedFetch } from './bounded-fetch.js';
import type { HttpServerOptions } from './mcp-agent-options.js';
import { wireLimitBytes, type McpTransport } from './mcp-transport.js';

/** The JSON-RPC code with which MCP SDKs answer a call whose connection ended (`ErrorCode.ConnectionClosed`). */
export const CONNECTION_CLOSED = -32_000;

/** How long the server may take to hear that its session is over. */
const GOODBYE_MS = 1_000;

/**
 * MCP over streamable HTTP: the SDK's transport over the application's connections, with three gaps filled.
 *
 * There, a call whose answering stream ends early waits for its timeout, a cancelled call keeps its stream (and thus a
 * connection) until the server ends it, and an answer may be of any size.
 */
export class StreamableHttpTransport implements McpTransport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: (message: JSONRPCMessage) => void;

  readonly #inner: StreamableHTTPClientTransport;
  readonly #clock: Clock;
  /** The calls under way, by their id, with what ends their stream. */
  readonly #calls = new Map<string | number, AbortController>();
  #closing: Promise<void> | undefined;
  #failure: AgentError | undefined;

  constructor({ url, headers, maxOutputBytes }: HttpServerOptions, client: HttpClient, clock: Clock) {
    this.#clock = clock;
    const tooLarge = (): Error => {
      this.#failure ??= outputTooLarge(maxOutputBytes);
      void this.close();
      return this.#failure;
    };
    this.#inner = new StreamableHTTPClientTransport(url, {
      fetch: boundedFetch(client.fetch, wireLimitBytes(maxOutputBytes), tooLarge),
      requestInit: { headers },
    });
  }

  get failure(): AgentError | undefined {
    return this.#failure;
  }

  get overflowed(): boolean {
    return this.#failure !== undefined;
  }

  get sessionId(): string | undefined {
    return this.#inner.sessionId;
  }

  setProtocolVersion(version: string): void {
    this.#inner.setProtocolVersion(version);
  }

  start(): Promise<void> {
    this.#inner.onerror = (error) => this.onerror?.(error);
    this.#inner.onmessage = (message) => this.#receive(message);
    return this.#inner.start();
  }

  async send(message: JSONRPCMessage, options?: TransportSendOptions): Promise<void> {
    if (isJSONRPCRequest(message)) {
      await this.#call(message.id, message, options);
      return;
    }
    try {
      await this.#inner.send(message, options);
    } finally {
      const cancelled = cancelledId(message);
      if (cancelled !== undefined) this.#end(cancelled);
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.onclose?.();
    for (const id of [...this.#calls.keys()]) this.#end(id);
    const goodbye = new AbortController();
    const told = this.#inner
      .terminateSession()
      .catch(() => undefined)
      .then(() => goodbye.abort());
    await Promise.race([
      told,
      this.#clock.sleep(GOODBYE_MS, { signal: goodbye.signal }).catch(() => undefined),
    ]);
    await this.#inner.close();
  }

  async #call(id: string | number, message: JSONRPCMessage, options?: TransportSendOptions): Promise<void> {
    const stream = new AbortController();
    this.#calls.set(id, stream);
    try {
      await this.#inner.send(message, {
        ...options,
        requestSignal: stream.signal,
        onRequestStreamEnd: () => this.#onStreamEnd(id),
      });
    } catch (error) {
      this.#calls.delete(id);
      throw error;
    }
  }

  #receive(message: JSONRPCMessage): void {
    if ((isJSONRPCResultResponse(message) || isJSONRPCErrorResponse(message)) && message.id !== undefined) {
      this.#calls.delete(message.id);
    }
    this.onmessage?.(message);
  }

  /** The stream of an answered call ends too; only one that is still under way has lost something. */
  #onStreamEnd(id: string | number): void {
    if (!this.#calls.delete(id)) return;
    this.onmessage?.({
      jsonrpc: '2.0',
      id,
      error: { code: CONNECTION_CLOSED, message: 'the stream of the answer ended before the answer' },
    });
  }

  #end(id: string | number): void {
    this.#calls.get(id)?.abort();
    this.#calls.delete(id);
  }
}

function cancelledId(message: JSONRPCMessage): string | number | undefined {
  if (!isJSONRPCNotification(message) || message.method !== 'notifications/cancelled') return undefined;
  const id: unknown = message.params?.['requestId'];
  return typeof id === 'string' || typeof id === 'number' ? id : undefined;
}
