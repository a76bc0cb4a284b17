import {
  ReadBuffer,
  isJSONRPCNotification,
  serializeMessage,
  type JSONRPCMessage,
} from '@modelcontextprotocol/client';
import type { Clock, Timer } from '#core';
import { AgentError } from '../agents.errors.js';
import { outputTooLarge } from '../output/check-output.js';
import { endServer, reap, spawnServer, type ServerProcess } from './child-process.js';
import type { StdioServerOptions } from './mcp-agent-options.js';
import { wireLimitBytes, type McpTransport } from './mcp-transport.js';
import { TextTail } from './text-tail.js';

/** What is kept of a server's stderr, for the error when it dies. */
const STDERR_TAIL_CHARS = 2_000;

/** How long, after a server's exit, its last words are waited for; a process of its own may hold the pipe open for ever. */
const LAST_WORDS_MS = 200;

/**
 * MCP over the stdin and stdout of a child process.
 *
 * Ours rather than the SDK's, which signals the child alone (the server that an `npx` started would stay), hands its
 * stderr on to ours by default and does not wait for the end of what it killed.
 */
export class StdioTransport implements McpTransport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: (message: JSONRPCMessage) => void;

  readonly #options: StdioServerOptions;
  readonly #clock: Clock;
  readonly #buffer: ReadBuffer;
  readonly #stderr = new TextTail(STDERR_TAIL_CHARS);
  #child: ServerProcess | undefined;
  #closing: Promise<void> | undefined;
  #failure: AgentError | undefined;
  #overflowed = false;
  #delivering = false;
  #cutOff: Timer | undefined;

  constructor(options: StdioServerOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
    this.#buffer = new ReadBuffer({ maxBufferSize: wireLimitBytes(options.maxOutputBytes) });
  }

  get failure(): AgentError | undefined {
    return this.#failure;
  }

  get overflowed(): boolean {
    return this.#overflowed;
  }

  /** The process id of the server, while there is one. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** @throws {AgentError} `AGENT_UNREACHABLE`, when the command cannot be started. */
  start(): Promise<void> {
    const child = spawnServer(this.#options);
    this.#child = child;
    child.stdout.on('data', (chunk: Buffer) => this.#read(chunk));
    child.stderr.setEncoding('utf8').on('data', (text: string) => this.#stderr.push(text));
    child.stdin.on('error', () => this.#onCutOff('no longer reads its stdin'));
    child.stdout.once('end', () => this.#onCutOff('has closed its stdout'));
    for (const stream of [child.stdout, child.stderr]) stream.on('error', (error) => this.onerror?.(error));
    child.once('exit', (code, signal) => this.#onExit(child, code, signal));
    return new Promise((resolve, reject) => {
      child.once('spawn', resolve);
      child.on('error', (error: NodeJS.ErrnoException) => {
        const { command } = this.#options;
        reject(
          new AgentError(
            'AGENT_UNREACHABLE',
            `cannot start MCP server ${command}: ${error.code ?? error.message}`,
            {
              retryable: true,
              cause: error,
            },
          ),
        );
      });
    });
  }

  /** Resolves when the message was handed over. One that could not be ends the connection, and says why as `failure`. */
  send(message: JSONRPCMessage): Promise<void> {
    return new Promise((resolve, reject) => {
      const stdin = this.#child?.stdin;
      if (stdin === undefined || this.#closing !== undefined) {
        reject(this.#failure ?? lost('the MCP server was closed'));
        return;
      }
      stdin.write(serializeMessage(message), () => resolve());
    });
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#buffer.clear();
    this.#cutOff?.cancel();
    // First: calls under way fail now, not when the server has deigned to end.
    this.onclose?.();
    if (this.#child !== undefined) await endServer(this.#child, this.#clock);
  }

  #read(chunk: Buffer): void {
    if (this.#closing !== undefined) return;
    try {
      this.#buffer.append(chunk);
    } catch {
      this.#overflowed = true;
      this.#fail(outputTooLarge(this.#options.maxOutputBytes));
      return;
    }
    if (!this.#delivering) void this.#deliver();
  }

  async #deliver(): Promise<void> {
    this.#delivering = true;
    while (this.#closing === undefined) {
      try {
        const message = this.#buffer.readMessage();
        if (message === null) break;
        this.onmessage?.(message);
        // The SDK handles a notification one microtask later; the result behind it would have ended its call by then.
        if (isJSONRPCNotification(message)) await Promise.resolve();
      } catch (error) {
        // One line that is no JSON-RPC message; the next may be.
        this.onerror?.(error as Error);
      }
    }
    this.#delivering = false;
  }

  /** A server that no longer reads or writes is most often one that has just died: its exit then tells more. */
  #onCutOff(how: string): void {
    if (this.#closing !== undefined) return;
    this.#cutOff ??= this.#clock.setTimer(() => this.#fail(lost(`the MCP server ${how}`)), 2 * LAST_WORDS_MS);
  }

  #onExit(child: ServerProcess, code: number | null, signal: NodeJS.Signals | null): void {
    if (this.#closing !== undefined) return;
    const lastWords = this.#clock.setTimer(() => reap(child), LAST_WORDS_MS);
    child.once('close', () => {
      lastWords.cancel();
      const stderr = this.#stderr.toString();
      this.#fail(
        lost(`the MCP server ended (${signal ?? `code ${String(code)}`})`, {
          pid: child.pid,
          exitCode: code,
          signal,
          ...(stderr === '' ? {} : { stderr }),
        }),
      );
    });
  }

  #fail(failure: AgentError): void {
    this.#failure ??= failure;
    void this.close();
  }
}

function lost(message: string, details: Record<string, unknown> = {}): AgentError {
  return new AgentError('AGENT_LOST', message, { retryable: true, details });
}
