import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A task as the http agent protocol sends it. */
export interface AgentCall {
  body: {
    executionId: string;
    stepId: string;
    attempt: number;
    capability: string;
    input: ReturnType<typeof JSON.parse>;
  };
  headers: IncomingHttpHeaders;
  method: string | undefined;
  at: number;
  /** Set when the caller went away before the answer. */
  aborted: boolean;
}

/** Answers a call; what it returns is sent as JSON, undefined when it has answered by itself (or never will). */
export type AgentHandler = (call: AgentCall, response: ServerResponse) => unknown;

const running = new Set<HttpAgentServer>();

/** An agent behind the http agent protocol, on loopback. It keeps what it was called with. */
export class HttpAgentServer {
  readonly calls: AgentCall[] = [];
  handler: AgentHandler;
  readonly #server: Server;

  constructor(handler: AgentHandler) {
    this.handler = handler;
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const call: AgentCall = {
          body: JSON.parse(Buffer.concat(chunks).toString()) as AgentCall['body'],
          headers: request.headers,
          method: request.method,
          at: Date.now(),
          aborted: false,
        };
        this.calls.push(call);
        response.on('close', () => (call.aborted = !response.writableEnded));
        void this.#answer(call, response);
      });
    });
    running.add(this);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/run`;
  }

  /** The calls of one execution, the earliest first. */
  callsOf(executionId: string): AgentCall[] {
    return this.calls.filter(({ body }) => body.executionId === executionId);
  }

  listen(): Promise<this> {
    return new Promise((resolve) => this.#server.listen(0, '127.0.0.1', () => resolve(this)));
  }

  close(): Promise<void> {
    running.delete(this);
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  async #answer(call: AgentCall, response: ServerResponse): Promise<void> {
    const output = await this.handler(call, response);
    if (output === undefined || response.destroyed) return;
    response.setHeader('content-type', 'application/json').end(JSON.stringify(output));
  }
}

/** Default: the input comes back as `{ echo }`. */
export function startHttpAgent(
  handler: AgentHandler = ({ body }) => ({ echo: body.input }),
): Promise<HttpAgentServer> {
  return new HttpAgentServer(handler).listen();
}

afterAll(() => Promise.all([...running].map((agent) => agent.close())));
