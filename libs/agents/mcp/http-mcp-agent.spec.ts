import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Agent, AgentContext } from '#agent-pool';
import { AbortedError, SystemClock, parseOptions } from '#core';
import { HttpClient, httpClientOptionsSchema } from '#http';
import { startLoopbackServer, type LoopbackServer } from '../testing/loopback-server.js';
import { makeContext, makeTask, rejection } from '../testing/make-task.js';
import { McpAgentFactory } from './mcp-agent.factory.js';

interface Call {
  id?: number;
  method: string;
  params: { name?: string; protocolVersion?: string; requestId?: number; _meta?: { progressToken?: number } };
}

/** How the fixture answers one call of a tool. */
type Tool = (call: Call, response: ServerResponse) => void;

describe('an mcp agent over streamable HTTP', () => {
  const clock = new SystemClock();
  const { signal } = new AbortController();
  let client: HttpClient;
  let server: LoopbackServer;
  let agent: Agent;
  let tools: Record<string, Tool>;
  /** Every request: `POST initialize`, `DELETE`, ... */
  let requests: string[];
  let sessions: number;

  beforeEach(async () => {
    requests = [];
    sessions = 0;
    tools = {
      echo: (call, response) =>
        sendJson(response, resultOf(call, { content: [], structuredContent: call.params })),
      text: (call, response) => sendEvents(response, [resultOf(call, textOf('hello'))]).end(),
    };
    client = new HttpClient(parseOptions(httpClientOptionsSchema, { closeTimeoutMs: 100 }, 'options'), clock);
    server = await startLoopbackServer((request, response) => void serve(request, response));
    agent = await new McpAgentFactory(
      { url: server.url, headers: { authorization: 'Bearer k' }, maxOutputBytes: 10_000 },
      client,
      clock,
    ).create(signal);
  });

  afterEach(async () => {
    await agent.dispose();
    await client.close();
    await server.close();
  });

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.headers.authorization !== 'Bearer k') {
      response.writeHead(401).end();
      return;
    }
    if (request.method !== 'POST') {
      requests.push(`${request.method}`);
      response.writeHead(204).end();
      return;
    }
    const call = JSON.parse(await text(request)) as Call;
    requests.push(`POST ${call.method}`);
    answer(call, request.headers['mcp-session-id'], response);
  }

  function answer(call: Call, session: unknown, response: ServerResponse): void {
    if (call.method === 'initialize') {
      response.setHeader('mcp-session-id', `s-${++sessions}`);
      const { protocolVersion } = call.params;
      const serverInfo = { name: 'fixture', version: '1' };
      sendJson(response, resultOf(call, { protocolVersion, capabilities: { tools: {} }, serverInfo }));
    } else if (session !== `s-${sessions}`) {
      response.writeHead(404).end();
    } else if (call.method === 'tools/call') {
      tools[call.params.name!]!(call, response);
    } else if (call.method === 'ping') {
      sendJson(response, resultOf(call, {}));
    } else {
      response.writeHead(202).end();
    }
  }

  function run(tool: string, context: AgentContext = makeContext()): Promise<unknown> {
    return agent.execute(makeTask({ input: { tool } }), context);
  }

  it('calls a tool that answers with JSON, and one that answers with a stream', async () => {
    await expect(run('echo')).resolves.toMatchObject({ name: 'echo' });
    await expect(run('text')).resolves.toEqual({ content: 'hello' });
    expect(sessions).toBe(1);
  });

  it('passes on the progress of a stream', async () => {
    tools['steps'] = (call, response) => {
      const params = { progressToken: call.params._meta!.progressToken, progress: 1, total: 2 };
      sendEvents(response, [
        { jsonrpc: '2.0', method: 'notifications/progress', params },
        resultOf(call, textOf('x')),
      ]).end();
    };
    const context = makeContext();
    await run('steps', context);
    expect(context.reports).toEqual([{ progress: 1, total: 2 }]);
  });

  it('pings', async () => {
    await agent.ping(signal);
    expect(requests.at(-1)).toBe('POST ping');
  });

  it('holds no stream open, and so no connection, between calls', async () => {
    await run('text');
    expect(requests).toEqual(['POST initialize', 'POST notifications/initialized', 'POST tools/call']);
  });

  it('ends a call at the moment of its abort, its stream too, and tells the server', async () => {
    const timeout = new AbortedError('timeout', 'step "read" timed out after 10 ms');
    const context = makeContext();
    let streamGone: Promise<unknown> | undefined;
    tools['silent'] = (_, response) => {
      streamGone = once(response, 'close');
      sendEvents(response, []).write(': hello\n\n', () => context.abort(timeout));
    };
    await expect(run('silent', context)).rejects.toBe(timeout);
    await streamGone;
    expect(requests.at(-1)).toBe('POST notifications/cancelled');
    await run('text');
    expect(sessions).toBe(1);
  });

  it('loses a call whose stream ends early', async () => {
    tools['half'] = (_, response) => sendEvents(response, []).write(': hello\n\n', () => response.destroy());
    expect(await rejection(run('half'))).toMatchObject({ code: 'AGENT_LOST', retryable: true });
    tools['nothing'] = (_, response) => sendEvents(response, []).end();
    expect(await rejection(run('nothing'))).toMatchObject({ code: 'AGENT_LOST', retryable: true });
  });

  it.each([
    [503, true],
    [429, true],
    [403, false],
  ])('takes status %s for an error, retryable: %s', async (status, retryable) => {
    tools['no'] = (_, response) => response.writeHead(status).end('no');
    expect(await rejection(run('no'))).toMatchObject({
      code: 'AGENT_HTTP_ERROR',
      retryable,
      details: { status },
    });
  });

  it.each<[string, Tool]>([
    ['a page', (_, response) => response.setHeader('content-type', 'text/html').end('<html>')],
    ['another result', (call, response) => sendJson(response, resultOf(call, { content: 'text' }))],
  ])('takes %s for no output', async (_, tool) => {
    tools['odd'] = tool;
    expect(await rejection(run('odd'))).toMatchObject({ code: 'AGENT_INVALID_OUTPUT', retryable: false });
  });

  it('reads no more of an answer than its limit allows', async () => {
    tools['endless'] = (_, response) => {
      const chunk = `: ${'x'.repeat(65_536)}\n\n`;
      const more = (): void => {
        while (!response.destroyed && response.write(chunk));
        if (!response.destroyed) response.once('drain', more);
      };
      sendEvents(response, []);
      more();
    };
    const error = await rejection(run('endless'));
    expect(error).toMatchObject({ code: 'AGENT_OUTPUT_TOO_LARGE', retryable: false });
    await expect(run('text')).resolves.toEqual({ content: 'hello' });
    expect(sessions).toBe(2);
  });

  it('begins a new session when the server has forgotten the old one', async () => {
    sessions++;
    expect(await rejection(run('text'))).toMatchObject({ code: 'AGENT_LOST', retryable: true });
    await expect(run('text')).resolves.toEqual({ content: 'hello' });
  });

  it('says goodbye when it is disposed of', async () => {
    await agent.dispose();
    expect(requests.at(-1)).toBe('DELETE');
  });

  it('cannot be made while nobody listens', async () => {
    const { url } = server;
    await server.close();
    const factory = new McpAgentFactory({ url }, client, clock);
    expect(await rejection(factory.create(signal))).toMatchObject({
      code: 'AGENT_UNREACHABLE',
      retryable: true,
    });
    server = await startLoopbackServer((_, response) => response.end());
  });
});

function resultOf({ id }: Call, result: object): object {
  return { jsonrpc: '2.0', id, result };
}

function textOf(value: string): object {
  return { content: [{ type: 'text', text: value }] };
}

function sendJson(response: ServerResponse, message: object): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(message));
}

function sendEvents(response: ServerResponse, messages: object[]): ServerResponse {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.flushHeaders();
  for (const message of messages) response.write(`event: message\ndata: ${JSON.stringify(message)}\n\n`);
  return response;
}
