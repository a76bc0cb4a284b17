import { once } from 'node:events';
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { Test } from '@nestjs/testing';
import { ManualClock, ValidationError, parseOptions } from '#core';
import { HttpClientModule } from './http-client.module.js';
import { httpClientOptionsSchema, type HttpClientOptions } from './http-client-options.js';
import { HttpClient } from './http-client.js';

describe('HttpClient', () => {
  const { signal } = new AbortController();
  const clock = new ManualClock();
  let client: HttpClient;
  let server: Server;

  function makeClient(options: HttpClientOptions = {}): HttpClient {
    client = new HttpClient(parseOptions(httpClientOptionsSchema, options, 'options'), clock);
    return client;
  }

  async function listen(listener: RequestListener): Promise<string> {
    server = createServer(listener).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  function connections(): Promise<number> {
    return new Promise((resolve, reject) =>
      server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
    );
  }

  afterEach(async () => {
    await client.close();
    server.close();
    server.closeAllConnections();
    await clock.advance(0);
    expect(clock.timerCount).toBe(0);
  });

  it('sends a request and gives its answer, by request and by fetch', async () => {
    const url = await listen((request, response) => response.end(`${request.method} ${request.url}`));
    const { statusCode, body } = await makeClient().request(`${url}/a?b=1`, {
      method: 'POST',
      body: 'x',
      signal,
    });
    expect(statusCode).toBe(200);
    await expect(body.text()).resolves.toBe('POST /a?b=1');
    const answer = await client.fetch(new URL(`${url}/c`), { method: 'PUT', body: 'x' });
    await expect(answer.text()).resolves.toBe('PUT /c');
  });

  it('opens at most as many connections to an origin as it may', async () => {
    const held: ServerResponse[] = [];
    let most = 0;
    const url = await listen((_, response) => {
      held.push(response);
      most = Math.max(most, held.length);
      // Two at a time: each pair waits for its other half, which comes because there is room for it.
      if (held.length === 2) for (const other of held.splice(0)) other.end('x');
    });
    makeClient({ connections: 2 });
    await Promise.all(
      Array.from({ length: 10 }, async () =>
        (await client.request(url, { method: 'GET', signal })).body.text(),
      ),
    );
    expect(most).toBe(2);
    expect(await connections()).toBe(2);
  });

  it('follows no redirect', async () => {
    const url = await listen((_, response) => response.writeHead(302, { location: '/other' }).end());
    const { statusCode, body } = await makeClient().request(url, { method: 'GET', signal });
    await body.dump();
    expect(statusCode).toBe(302);
  });

  it('lets a request under way end when it closes, and takes no other', async () => {
    const url = await listen(() => undefined);
    const arrived = once(server, 'request') as Promise<[unknown, ServerResponse]>;
    const answer = makeClient().request(url, { method: 'GET', signal });
    const [, response] = await arrived;
    const closed = client.close();
    await expect(client.request(url, { method: 'GET', signal })).rejects.toMatchObject({
      code: 'UND_ERR_CLOSED',
    });
    response.end('late');
    await expect((await answer).body.text()).resolves.toBe('late');
    await closed;
    expect(client.close()).toBe(closed);
  });

  it('ends what is still under way when its time is over, and leaves no connection', async () => {
    const url = await listen(() => undefined);
    const arrived = once(server, 'request');
    const answer = makeClient({ closeTimeoutMs: 1_000 }).request(url, { method: 'GET', signal });
    const failed = expect(answer).rejects.toMatchObject({ code: 'UND_ERR_DESTROYED' });
    const [request] = (await arrived) as [IncomingMessage];
    const disconnected = once(request.socket, 'close');
    const closed = client.close();
    await clock.advance(999);
    expect(request.socket.destroyed).toBe(false);
    await clock.advance(1);
    await closed;
    await failed;
    await disconnected;
  });

  it('refuses the first request when it was closed before', async () => {
    const url = await listen((_, response) => response.end('x'));
    await makeClient().close();
    await expect(client.request(url, { method: 'GET', signal })).rejects.toMatchObject({
      code: expect.stringMatching(/^UND_ERR_(CLOSED|DESTROYED)$/) as string,
    });
    await expect(client.fetch(url)).rejects.toThrow();
  });

  it('comes as a global module, with its options checked, and closes with the application', async () => {
    const url = await listen((_, response) => response.end('x'));
    const app = await Test.createTestingModule({
      imports: [HttpClientModule.forRoot({ connections: 1 })],
    }).compile();
    client = app.get(HttpClient);
    await (await client.request(url, { method: 'GET', signal })).body.text();
    await app.close();
    await expect(client.request(url, { method: 'GET', signal })).rejects.toMatchObject({
      code: 'UND_ERR_DESTROYED',
    });
  });

  it('refuses bad options from a factory as well', async () => {
    await listen(() => undefined);
    makeClient();
    const compiled = Test.createTestingModule({
      imports: [HttpClientModule.forRootAsync({ useFactory: () => ({ connections: 0 }) })],
    }).compile();
    await expect(compiled).rejects.toBeInstanceOf(ValidationError);
    const contradiction = { keepAliveTimeoutMs: 20_000, keepAliveMaxTimeoutMs: 10_000 };
    expect(() => makeClient(contradiction)).toThrow(ValidationError);
  });
});
