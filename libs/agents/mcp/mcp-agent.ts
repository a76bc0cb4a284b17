import type { Agent, AgentContext, AgentTask } from '#agent-pool';
import { Deadline, untilAborted, type Clock } from '#core';
import { AgentError } from '../agents.errors.js';
import { checkOutput } from '../output/check-output.js';
import { McpConnection } from './mcp-connection.js';
import type { McpTransport } from './mcp-transport.js';
import { parseToolCall } from './tool-call.js';

/** How long a server may take to start and to shake hands, whoever waits for it. */
export const CONNECT_TIMEOUT_MS = 30_000;

export interface McpAgentDependencies {
  clock: Clock;
  /** A transport that was never started, to a server of its own. */
  makeTransport: () => McpTransport;
  maxOutputBytes: number;
}

/**
 * An agent that runs the tools of one MCP server, over one connection. The input of a task is
 * `{ tool, arguments? }`; see `toolOutput` for its output.
 *
 * When the connection ends, tasks under way fail with `AGENT_LOST` and the next task or ping makes a new one; tasks that
 * come meanwhile wait for the same.
 */
export class McpAgent implements Agent {
  readonly #clock: Clock;
  readonly #makeTransport: () => McpTransport;
  readonly #maxOutputBytes: number;
  readonly #disposing = new AbortController();
  #connection: McpConnection | undefined;
  #opening: Promise<McpConnection> | undefined;

  constructor({ clock, makeTransport, maxOutputBytes }: McpAgentDependencies) {
    this.#clock = clock;
    this.#makeTransport = makeTransport;
    this.#maxOutputBytes = maxOutputBytes;
  }

  /** Connects, unless it is connected. @throws {AgentError} `AGENT_UNREACHABLE`; the signal's reason. */
  async connect(signal: AbortSignal): Promise<void> {
    await this.#connected(signal);
  }

  async execute(task: AgentTask, context: AgentContext): Promise<unknown> {
    const call = parseToolCall(task.input);
    const connection = await this.#connected(context.signal);
    return checkOutput(await connection.callTool(call, context), this.#maxOutputBytes);
  }

  async ping(signal: AbortSignal): Promise<void> {
    const connection = await this.#connected(signal);
    await connection.ping(signal, this.#clock);
  }

  /** Tasks under way fail. Resolves when the server, if it is ours, has ended. */
  async dispose(): Promise<void> {
    this.#disposing.abort(new AgentError('AGENT_LOST', 'the agent was disposed of', { retryable: true }));
    await this.#opening?.catch(() => undefined);
    await this.#connection?.close();
  }

  async #connected(signal: AbortSignal): Promise<McpConnection> {
    signal.throwIfAborted();
    this.#disposing.signal.throwIfAborted();
    if (this.#connection !== undefined && !this.#connection.closed) return this.#connection;
    this.#opening ??= this.#open().finally(() => {
      this.#opening = undefined;
    });
    return untilAborted(this.#opening, signal);
  }

  async #open(): Promise<McpConnection> {
    // The old server ends before the new one starts; they may own the same files.
    await this.#connection?.close();
    using deadline = new Deadline({
      clock: this.#clock,
      parent: this.#disposing.signal,
      timeoutMs: CONNECT_TIMEOUT_MS,
      what: 'connecting to the MCP server',
      ref: true,
    });
    this.#connection = await McpConnection.open(this.#makeTransport(), deadline.signal);
    return this.#connection;
  }
}
