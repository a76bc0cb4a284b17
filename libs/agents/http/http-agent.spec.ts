import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import type { Agent } from '#agent-pool';
import { AbortedError, ManualClock, SystemClock, ValidationError, parseOptions } from '#core';
import { HttpClient, httpClientOptionsSchema } from '#http';
import { startLoopbackServer, type LoopbackServer } from '../testing/loopback-server.js';
import { makeContext, makeTask, rejection } from '../testing/make-task.js';
import type { HttpAgentOptions } from './http-agent-options.js';
import { HttpAgentFactory } from './http-agent.factory.js';

interface Received {
  method: string | undefined;
  url: string | undefined;
  headers: IncomingMessage['headers'];
  body: string;
}

describe('the http agent', () => {
  const clock = new ManualClock();
  let client: HttpClient;
  let server: LoopbackServer | undefined;
  let received: Received[];

  beforeEach(() => {
    received = [];
    const options = parseOptions(httpClientOptionsSchema, { closeTimeoutMs: 100 }, 'options');
    client = new HttpClient(options, new SystemClock());
  });

  afterEach(async () => {
    await client.close();
    await server?.close();
    server = undefined;
  });

  /** An agent whose server answers every request, once it has read it, by `answer`. */
  async function agentOf(
    answer: (response: ServerResponse, request: IncomingMessage) => void,
    options: Partial<HttpAgentOptions> = {},
  ): Promise<Agent> {
    const running = await startLoopbackServer((request, response) => {
      let body = '';
      request.setEncoding('utf8');
      request.on('data', (text: string) => (body += text));
      request.on('end', () => {
        received.push({ method: request.method, url: request.url, headers: request.headers, body });
        answer(response, request);
      });
    });
    server = running;
    const factory = new HttpAgentFactory({ url: running.url, ...options }, client, clock);
    return factory.create(new AbortController().signal);
  }

  function json(value: unknown, status = 200, headers: Record<string, string> = {}) {
    return (response: ServerResponse): void => {
      response.writeHead(status, { 'content-type': 'application/json', ...headers });
      response.end(JSON.stringify(value));
    };
  }

  describe('speaks the protocol', () => {
    it('posts the task and takes the JSON answer for the output', async () => {
      const agent = await agentOf(json({ words: 3 }), { headers: { Authorization: 'Bearer k' } });
      const task = makeTask({ attempt: 2, capability: 'count', input: { text: 'a b c' } });
      await expect(agent.execute(task, makeContext())).resolves.toEqual({ words: 3 });
      const [request] = received;
      expect(request).toMatchObject({ method: 'POST', url: '/run' });
      expect(JSON.parse(request!.body)).toEqual({
        executionId: 'e-1',
        stepId: 'read',
        attempt: 2,
        capability: 'count',
        input: { text: 'a b c' },
      });
      expect(request!.headers).toMatchObject({
        'content-type': 'application/json',
        accept: 'application/json',
        authorization: 'Bearer k',
        'idempotency-key': 'e-1:read',
      });
      expect(request!.headers).not.toHaveProperty('x-deadline-ms');
      expect(request!.headers).not.toHaveProperty('traceparent');
    });

    it.each([
      ['1500 ms ahead', 1_500, '1500'],
      ['just gone by', -1, '1'],
    ])('names the milliseconds left until a deadline %s', async (_, aheadMs, header) => {
      const agent = await agentOf(json(null));
      const deadline = new Date(clock.now() + aheadMs).toISOString();
      await agent.execute(makeTask(), makeContext({ deadline }));
      expect(received[0]!.headers['x-deadline-ms']).toBe(header);
    });

    it('passes the trace on', async () => {
      const agent = await agentOf(json(null));
      const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
      await agent.execute(makeTask(), makeContext({ traceparent }));
      expect(received[0]!.headers.traceparent).toBe(traceparent);
    });

    it('sends an id that no header can hold percent-encoded', async () => {
      const agent = await agentOf(json(null));
      await agent.execute(makeTask(), makeContext({ idempotencyKey: 'größe 1\r\n%😀:read' }));
      const header = received[0]!.headers['idempotency-key'] as string;
      expect(header).toMatch(/^[\x21-\x7e]+$/);
      expect(decodeURIComponent(header)).toBe('größe 1\r\n%😀:read');
    });

    it('runs 20 tasks, one after the other, over one connection', async () => {
      const agent = await agentOf(json('done'));
      for (let n = 0; n < 20; n++) await agent.execute(makeTask(), makeContext());
      expect(received).toHaveLength(20);
      expect(server!.connectionCount).toBe(1);
    });

    it.each([204, 200])('takes an empty %s answer for null', async (status) => {
      const agent = await agentOf((response) => response.writeHead(status).end());
      await expect(agent.execute(makeTask(), makeContext())).resolves.toBeNull();
    });

    it.each(['application/vnd.x+json', 'application/json; charset=utf-8', undefined])(
      'takes %s for JSON',
      async (type) => {
        const agent = await agentOf((response) => {
          if (type !== undefined) response.setHeader('content-type', type);
          response.end('\uFEFF{"grüße":"😀"}');
        });
        await expect(agent.execute(makeTask(), makeContext())).resolves.toEqual({ grüße: '😀' });
      },
    );
  });

  describe('refuses an answer that is no output', () => {
    it('such as an HTML page, and shows its beginning', async () => {
      const page = `<html>\n<body>Welcome${' to nginx'.repeat(50)}</body></html>`;
      const agent = await agentOf((response) => response.setHeader('content-type', 'text/html').end(page));
      const error = await rejection(agent.execute(makeTask(), makeContext()));
      expect(error).toMatchObject({ code: 'AGENT_INVALID_OUTPUT', retryable: false });
      expect(error.details['preview']).toMatch(/^<html> <body>Welcome to nginx/);
      expect(error.details['preview']).toHaveLength(100);
    });

    it.each([
      ['broken text', '{"a":'],
      ['a number beyond JSON', '{"a":1e999}'],
      ['a __proto__ key', '{"__proto__":{"admin":true}}'],
      ['too deep nesting', '['.repeat(200) + ']'.repeat(200)],
      ['bytes that are not UTF-8', Buffer.from([0x22, 0xff, 0x22])],
    ])('such as %s', async (_, body) => {
      const agent = await agentOf((response) =>
        response.setHeader('content-type', 'application/json').end(body),
      );
      const error = await rejection(agent.execute(makeTask(), makeContext()));
      expect(error).toMatchObject({ code: 'AGENT_INVALID_OUTPUT', retryable: false });
    });

    it('such as 10 MB: it stops reading at the limit and drops the connection', async () => {
      let sentBytes = 0;
      let dropped: (() => void) | undefined;
      const closed = new Promise<void>((resolve) => (dropped = resolve));
      const agent = await agentOf((response) => {
        const chunk = Buffer.alloc(65_536, 0x20);
        response.setHeader('content-type', 'application/json');
        response.on('close', () => dropped?.());
        const more = (): void => {
          while (sentBytes < 10_485_760 && !response.destroyed) {
            sentBytes += chunk.length;
            if (!response.write(chunk)) {
              response.once('drain', more);
              return;
            }
          }
          if (!response.destroyed) response.end('1');
        };
        more();
      });
      const error = await rejection(agent.execute(makeTask(), makeContext()));
      expect(error).toMatchObject({ code: 'AGENT_OUTPUT_TOO_LARGE', retryable: false });
      await closed;
      expect(sentBytes).toBeLessThan(10_485_760);
    });

    it('such as a length over the limit, before it reads', async () => {
      const agent = await agentOf(
        (response) => {
          response.writeHead(200, { 'content-type': 'application/json', 'content-length': '11' });
          response.flushHeaders();
        },
        { maxOutputBytes: 10 },
      );
      const error = await rejection(agent.execute(makeTask(), makeContext()));
      expect(error.code).toBe('AGENT_OUTPUT_TOO_LARGE');
    });
  });

  describe('tells what may pass by itself from what may not', () => {
    it.each([
      [408, true],
      [425, true],
      [429, true],
      [500, true],
      [503, true],
      [400, false],
      [404, false],
      [422, false],
    ])('status %s: retryable %s', async (status, retryable) => {
      const agent = await agentOf(json({ problem: 'sorry' }, status));
      const error = await rejection(agent.execute(makeTask(), makeContext()));
      expect(error).toMatchObject({ code: 'AGENT_HTTP_ERROR', retryable });
      expect(error.details).toEqual({ status, preview: '{"problem":"sorry"}' });
      expect(received).toHaveLength(1);
    });

    it('passes on the seconds of a Retry-After', async () => {
      const agent = await agentOf(json('slow down', 429, { 'retry-after': '7' }));
      const error = await rejection(agent.execute(makeTask(), makeContext()));
      expect(error.details).toMatchObject({ status: 429, retryAfterMs: 7_000 });
    });

    it('passes on the date of a Retry-After', async () => {
      const date = new Date(clock.now() + 90_000).toUTCString();
      const agent = await agentOf(json('slow down', 503, { 'retry-after': date }));
      const error = await rejection(agent.execute(makeTask(), makeContext()));
      expect(error.details).toMatchObject({ status: 503, retryAfterMs: 90_000 });
    });

    it('keeps the connection after an error', async () => {
      let status = 500;
      const agent = await agentOf((response) => json('x', status)(response));
      await rejection(agent.execute(makeTask(), makeContext()));
      status = 200;
      await expect(agent.execute(makeTask(), makeContext())).resolves.toBe('x');
      expect(server!.connectionCount).toBe(1);
    });

    it.each([301, 302, 307, 308])('follows no redirect (%s)', async (status) => {
      const agent = await agentOf((response) => response.writeHead(status, { location: '/other' }).end());
      const error = await rejection(agent.execute(makeTask(), makeContext()));
      expect(error).toMatchObject({ code: 'AGENT_HTTP_ERROR', retryable: false, details: { status } });
      expect(error.message).toMatch(/redirect/);
      expect(received).toHaveLength(1);
    });

    it('half a body is a lost agent', async () => {
      const agent = await agentOf((response) => {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' });
        response.write('{"half":', () => response.destroy());
      });
      const error = await rejection(agent.execute(makeTask(), makeContext()));
      expect(error).toMatchObject({ code: 'AGENT_LOST', retryable: true });
    });

    it('half a chunked body is a lost agent, too', async () => {
      const agent = await agentOf((response) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.write('{"half":', () => response.destroy());
      });
      const error = await rejection(agent.execute(makeTask(), makeContext()));
      expect(error).toMatchObject({ code: 'AGENT_LOST', retryable: true });
    });

    it('so is a reset before the answer', async () => {
      const agent = await agentOf((_, request) => request.socket.resetAndDestroy());
      const error = await rejection(agent.execute(makeTask(), makeContext()));
      expect(error).toMatchObject({ code: 'AGENT_LOST', retryable: true });
    });

    it('a refused connection is an unreachable agent', async () => {
      const agent = await agentOf(json(null));
      await server!.close();
      server = undefined;
      const error = await rejection(agent.execute(makeTask(), makeContext()));
      expect(error).toMatchObject({ code: 'AGENT_UNREACHABLE', retryable: true });
      expect(error.details).toEqual({ cause: 'ECONNREFUSED' });
    });
  });

  describe('ends at the moment of an abort, with its reason', () => {
    const timeout = new AbortedError('timeout', 'step "read" timed out after 10 ms');

    it('while nothing is answered', async () => {
      const context = makeContext();
      let gone: Promise<unknown> | undefined;
      const agent = await agentOf((response) => {
        gone = once(response, 'close');
        context.abort(timeout);
      });
      await expect(agent.execute(makeTask(), context)).rejects.toBe(timeout);
      await gone;
    });

    it('while the body is read', async () => {
      const context = makeContext();
      const agent = await agentOf((response) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.write('{"slow":', () => setImmediate(() => context.abort(timeout)));
      });
      await expect(agent.execute(makeTask(), context)).rejects.toBe(timeout);
    });

    it('before anything is sent', async () => {
      const context = makeContext();
      const agent = await agentOf(json(null));
      context.abort(timeout);
      await expect(agent.execute(makeTask(), context)).rejects.toBe(timeout);
      expect(received).toHaveLength(0);
    });

    it('and leaves no listener on the signal of a task that ended', async () => {
      const context = makeContext();
      const add = jest.spyOn(context.signal, 'addEventListener');
      const remove = jest.spyOn(context.signal, 'removeEventListener');
      const agent = await agentOf(json(null));
      await agent.execute(makeTask(), context);
      expect(remove).toHaveBeenCalledTimes(add.mock.calls.length);
    });
  });

  describe('pings', () => {
    const { signal } = new AbortController();

    it('with a GET of its health URL', async () => {
      const agent = await agentOf(json('ok'));
      const healthUrl = server!.url.replace('/run', '/health');
      const withHealth = await new HttpAgentFactory(
        { url: server!.url, healthUrl, headers: { 'x-key': 'k' } },
        client,
        clock,
      ).create(signal);
      await withHealth.ping(signal);
      expect(received).toMatchObject([{ method: 'GET', url: '/health', headers: { 'x-key': 'k' } }]);
      await agent.dispose();
    });

    it('and fails on any status but 2xx', async () => {
      await agentOf(json('no', 503));
      const agent = await new HttpAgentFactory(
        { url: server!.url, healthUrl: server!.url },
        client,
        clock,
      ).create(signal);
      const error = await rejection(agent.ping(signal));
      expect(error).toMatchObject({ code: 'AGENT_HTTP_ERROR', details: { status: 503 } });
    });

    it('with a TCP connect when it has none', async () => {
      const agent = await agentOf(json(null));
      await agent.ping(signal);
      expect(received).toHaveLength(0);
      await server!.close();
      server = undefined;
      expect(await rejection(agent.ping(signal))).toMatchObject({
        code: 'AGENT_UNREACHABLE',
        retryable: true,
      });
    });

    it('no longer than its signal allows', async () => {
      const silent = createServer(() => undefined).listen(0, '127.0.0.1');
      await once(silent, 'listening');
      const { port } = silent.address() as AddressInfo;
      const url = `http://127.0.0.1:${port}/`;
      const agent = await new HttpAgentFactory({ url, healthUrl: url }, client, clock).create(signal);
      const stop = new AbortController();
      const reason = new AbortedError('shutdown', 'stopping');
      silent.on('connection', () => stop.abort(reason));
      await expect(agent.ping(stop.signal)).rejects.toBe(reason);
      silent.close();
    });
  });

  it('refuses bad options, all at once and without repeating a password', () => {
    const secret = createHash('sha256').update('x').digest('hex');
    const options = {
      url: `http://user:${secret}@host/`,
      healthUrl: 'ftp://host/',
      headers: { 'bad name': 'x', Host: 'x', ok: 'line\r\nbreak' },
      maxOutputBytes: 0,
      extra: 1,
    };
    const make = (): unknown => new HttpAgentFactory(options, client, clock);
    expect(make).toThrow(ValidationError);
    const paths = problemsOf(make).map(({ path }) => path);
    expect(paths).toEqual(
      expect.arrayContaining([
        'url',
        'healthUrl',
        'headers["bad name"]',
        'headers.Host',
        'headers.ok',
        'maxOutputBytes',
        'extra',
      ]),
    );
    expect(JSON.stringify(problemsOf(make))).not.toContain(secret);
  });

  it('lets no header of the protocol be replaced', () => {
    const headers = { 'X-Tenant': 't', Host: 'x', 'Idempotency-Key': 'y' };
    const make = (): unknown => new HttpAgentFactory({ url: 'http://h/', headers }, client, clock);
    expect(problemsOf(make).map(({ path }) => path)).toEqual(['headers.Host', 'headers.Idempotency-Key']);
  });

  function problemsOf(make: () => unknown): ValidationError['problems'] {
    try {
      make();
    } catch (error) {
      if (error instanceof ValidationError) return error.problems;
    }
    return [];
  }
});
