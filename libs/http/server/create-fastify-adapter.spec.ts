import type { AddressInfo } from 'node:net';
import { Body, Controller, Get, Param, Post } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { ValidationError } from '#core';
import { exchange, parseAnswer, type RawAnswer } from '../testing/raw-http.js';
import { createFastifyAdapter } from './create-fastify-adapter.js';
import type { HttpServerOptions } from './http-server-options.js';

@Controller('things')
class ThingsController {
  @Get(':id')
  read(@Param('id') id: string): { id: string } {
    return { id };
  }

  @Post()
  write(@Body() body: unknown): { body: unknown } {
    return { body: body ?? 'absent' };
  }
}

describe('createFastifyAdapter', () => {
  let app: NestFastifyApplication;
  let port: number;

  async function start(options: HttpServerOptions = {}): Promise<void> {
    const module = await Test.createTestingModule({ controllers: [ThingsController] }).compile();
    app = module.createNestApplication<NestFastifyApplication>(await createFastifyAdapter(options), {
      logger: false,
    });
    await app.listen(0, '127.0.0.1');
    ({ port } = app.getHttpServer().address() as AddressInfo);
  }

  afterEach(() => app.close());

  const post = (headers: Record<string, string>, body?: string | Buffer): Promise<Response> =>
    fetch(`http://127.0.0.1:${port}/things`, { method: 'POST', headers, body });

  const json = { 'content-type': 'application/json' };

  /** What the server answers to these lines, of which `Connection: close` is one. */
  const ask = async (lines: string[], body = ''): Promise<RawAnswer> =>
    parseAnswer(await exchange(port, `${[...lines, 'Connection: close'].join('\r\n')}\r\n\r\n${body}`));

  describe('limits', () => {
    it('sets every one of them on the server', async () => {
      await start({ maxConnections: 77, bodyLimitBytes: 2_000 });
      const fastify = app.getHttpAdapter().getInstance();
      expect(fastify.server).toMatchObject({
        keepAliveTimeout: 15_000,
        headersTimeout: 16_000,
        requestTimeout: 30_000,
        connectionsCheckingInterval: 2_000,
        maxHeaderSize: 16_384,
        maxConnections: 77,
      });
      expect(fastify.initialConfig).toMatchObject({
        bodyLimit: 2_000,
        onProtoPoisoning: 'error',
        onConstructorPoisoning: 'error',
      });
    });

    it('refuses options that contradict each other', async () => {
      await start();
      await expect(createFastifyAdapter({ headersTimeoutMs: 10 })).rejects.toThrow(ValidationError);
    });

    it('answers 408 as a problem when the head does not arrive in time', async () => {
      await start({
        keepAliveTimeoutMs: 10,
        headersTimeoutMs: 20,
        requestTimeoutMs: 20,
        connectionsCheckingIntervalMs: 10,
      });
      const { status, headers, body } = parseAnswer(
        await exchange(port, 'GET /things/a HTTP/1.1\r\nHost: a'),
      );
      expect(status).toBe(408);
      expect(headers).toMatchObject({ 'content-type': 'application/problem+json', connection: 'close' });
      expect(JSON.parse(body)).toMatchObject({ code: 'REQUEST_TIMEOUT', status: 408 });
    });

    it('answers 408 as a problem when the body does not arrive in time', async () => {
      await start({
        keepAliveTimeoutMs: 10,
        headersTimeoutMs: 20,
        requestTimeoutMs: 20,
        connectionsCheckingIntervalMs: 10,
      });
      const head =
        'POST /things HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n';
      expect(parseAnswer(await exchange(port, head, '{"a"')).status).toBe(408);
    });
  });

  describe('bodies', () => {
    beforeEach(() => start({ bodyLimitBytes: 1_000 }));

    it.each(['application/json', 'application/json; charset=utf-8', 'Application/JSON;charset="UTF-8"'])(
      'takes JSON sent as %s',
      async (type) => {
        const answer = await post({ 'content-type': type }, '{"a":"ä"}');
        expect(answer.status).toBe(201);
        expect(await answer.json()).toEqual({ body: { a: 'ä' } });
      },
    );

    it('takes no body at all for none, whatever its type is said to be', async () => {
      expect(await (await post({})).json()).toEqual({ body: 'absent' });
      expect(await (await post(json)).json()).toEqual({ body: 'absent' });
      expect(await (await post(json, '')).json()).toEqual({ body: 'absent' });
    });

    it.each([
      ['half an object', '{"a":'],
      ['NaN', '{"a":NaN}'],
      ['blanks', '  '],
      ['a byte order mark', '\ufeff{}'],
      ['a __proto__ key', '{"__proto__":{}}'],
      ['an escaped __proto__ key', '{"\\u005f_proto__":{}}'],
      ['a constructor.prototype key', '{"constructor":{"prototype":{}}}'],
      ['what is not UTF-8', Buffer.from([0x22, 0xff, 0x22])],
      ['UTF-16', Buffer.from('\ufeff{}', 'utf16le')],
    ])('answers 400 to %s', async (_what, body) => {
      expect((await post(json, body)).status).toBe(400);
    });

    it.each([
      ['text/plain', { 'content-type': 'text/plain' }],
      ['a form', { 'content-type': 'application/x-www-form-urlencoded' }],
      ['a type that only begins like JSON', { 'content-type': 'application/json-seq' }],
      ['a charset of its own', { 'content-type': 'application/json; charset=utf-16' }],
      ['what is no media type', { 'content-type': 'json' }],
      ['compressed JSON', { ...json, 'content-encoding': 'gzip' }],
    ])('answers 415 to %s', async (_what, headers) => {
      expect((await post(headers, '{}')).status).toBe(415);
    });

    it('answers 415 to a body without a type', async () => {
      expect((await ask(['POST /things HTTP/1.1', 'Host: a', 'Content-Length: 2'], '{}')).status).toBe(415);
      expect(
        (await ask(['POST /things HTTP/1.1', 'Host: a', 'Transfer-Encoding: chunked'], '0\r\n\r\n')).status,
      ).toBe(415);
    });

    it('takes a body as long as the limit and answers 413 to a byte more, announced or not', async () => {
      const long = JSON.stringify('x'.repeat(998));
      expect((await post(json, long)).status).toBe(201);
      expect((await post(json, `${long} `)).status).toBe(413);
      const chunk = `3e9\r\n${long} \r\n0\r\n\r\n`;
      const lines = [
        'POST /things HTTP/1.1',
        'Host: a',
        'Content-Type: application/json',
        'Transfer-Encoding: chunked',
      ];
      expect((await ask(lines, chunk)).status).toBe(413);
    });
  });

  describe('routes', () => {
    beforeEach(() => start());

    it('answers 404 where there is no route, before any body is looked at', async () => {
      const answer = await fetch(`http://127.0.0.1:${port}/nothing`, { method: 'POST', body: '{' });
      expect(answer.status).toBe(404);
    });

    it.each(['things/a', 'thing%73/a', 'things/%2F?a=b'])(
      'answers 405 where %s knows other methods',
      async (path) => {
        const answer = await fetch(`http://127.0.0.1:${port}/${path}`, { method: 'DELETE' });
        expect(answer.status).toBe(405);
        expect(await answer.text()).toContain('GET, HEAD');
      },
    );

    it('takes a parameter of 256 characters, however many bytes they are on the wire', async () => {
      const id = '✓'.repeat(256);
      const answer = await fetch(`http://127.0.0.1:${port}/things/${encodeURIComponent(id)}`);
      expect(await answer.json()).toEqual({ id });
    });

    it('answers 414 as a problem to a parameter beyond all bounds', async () => {
      const answer = await fetch(`http://127.0.0.1:${port}/things/${'x'.repeat(5_000)}`);
      expect(answer.status).toBe(414);
      expect(answer.headers.get('content-type')).toBe('application/problem+json');
      expect(await answer.json()).toMatchObject({ code: 'URI_TOO_LONG' });
    });

    it.each(['%zz', '%', '%ff', '%c3%28'])(
      'answers 400 as a problem to the path /things/%s',
      async (part) => {
        const answer = await ask([`GET /things/${part}?secret=1 HTTP/1.1`, 'Host: a']);
        expect(answer.status).toBe(400);
        expect(answer.headers['content-type']).toBe('application/problem+json');
        expect(JSON.parse(answer.body)).toEqual({
          type: 'urn:nest-orchestra:problem:bad-request',
          title: 'The request is not valid HTTP',
          status: 400,
          code: 'BAD_REQUEST',
          detail: 'the path is not a valid URL',
          instance: `/things/${part}`,
        });
      },
    );
  });

  describe('what is not HTTP', () => {
    beforeEach(() => start());

    it.each([
      ['two Host headers', ['Host: a', 'hOST: b']],
      ['no Host header', []],
      ['a transfer coding that nobody undoes', ['Host: a', 'Transfer-Encoding: xchunked']],
      ['two lengths', ['Host: a', 'Content-Length: 1', 'Content-Length: 2']],
      ['a length and chunks', ['Host: a', 'Content-Length: 1', 'Transfer-Encoding: chunked']],
      ['a folded header', ['Host: a', 'X-A: 1', ' 2']],
    ])('answers 400 to %s', async (_what, lines) => {
      const text = await exchange(port, `${['POST /things HTTP/1.1', ...lines].join('\r\n')}\r\n\r\n`);
      expect(parseAnswer(text)).toMatchObject({ status: 400, headers: { connection: 'close' } });
    });

    it('takes no bytes behind an unknown transfer coding for another request', async () => {
      const head = 'POST /things HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n';
      const text = await exchange(port, `${head}GET /things/smuggled HTTP/1.1\r\nHost: a\r\n\r\n`);
      expect(text).not.toContain('smuggled');
    });

    it('answers a problem to garbage', async () => {
      const { status, headers, body } = parseAnswer(await exchange(port, 'garbage\r\n\r\n'));
      expect(status).toBe(400);
      expect(headers['content-type']).toBe('application/problem+json');
      expect(JSON.parse(body)).toMatchObject({ code: 'BAD_REQUEST', status: 400 });
    });

    it('answers 431 as a problem to a head beyond the limit', async () => {
      const { status, body } = await ask(['GET /things/a HTTP/1.1', 'Host: a', `X-A: ${'x'.repeat(20_000)}`]);
      expect(status).toBe(431);
      expect(JSON.parse(body)).toMatchObject({ code: 'HEADERS_TOO_LARGE' });
    });
  });
});
