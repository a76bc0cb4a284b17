import {
  BadRequestException,
  Controller,
  Get,
  HttpException,
  Logger,
  Post,
  Res,
  ServiceUnavailableException,
} from '@nestjs/common';
import type { IncomingMessage, Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { Test } from '@nestjs/testing';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply } from 'fastify';
import { AgentPoolError } from '#agent-pool';
import { AbortedError, ValidationError } from '#core';
import { DispatchError } from '#dispatch';
import { createFastifyAdapter } from '#http';
import { QueueError } from '#queue';
import { StateError } from '#state';
import { AuthError } from '../auth/auth.errors.js';
import { ClientGoneError } from './client-gone.error.js';
import { PROBLEMS } from './problems.js';
import { ProblemsModule } from './problems.module.js';

let thrown: unknown;

@Controller()
class FailingController {
  @Get('fails')
  fails(): never {
    throw thrown;
  }

  @Post('takes')
  takes(): void {}

  @Get('breaks-off')
  breaksOff(@Res() { raw }: FastifyReply): never {
    raw.writeHead(200, { 'content-length': 10 });
    raw.write('half');
    throw thrown;
  }
}

describe('ProblemFilter', () => {
  let app: NestFastifyApplication;
  let logged: jest.SpyInstance<void, Parameters<Logger['error']>>;

  beforeAll(async () => {
    const module = await Test.createTestingModule({
      imports: [ProblemsModule],
      controllers: [FailingController],
    }).compile();
    app = module.createNestApplication<NestFastifyApplication>(await createFastifyAdapter(), {
      logger: false,
    });
    await app.listen(0, '127.0.0.1');
  });

  beforeEach(() => {
    logged = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => {});
  });

  afterEach(() => logged.mockRestore());

  afterAll(() => app.close());

  async function answerTo(error: unknown) {
    thrown = error;
    return app.inject({ method: 'GET', url: '/fails?key=secret' });
  }

  it.each([
    [new ValidationError('it', [{ path: 'a', message: 'b' }]), 400, 'VALIDATION_FAILED'],
    [new DispatchError('EXECUTION_NOT_FOUND', 'x'), 404, 'EXECUTION_NOT_FOUND'],
    [new DispatchError('EXECUTION_FINISHED', 'x'), 409, 'EXECUTION_FINISHED'],
    [new DispatchError('EXECUTION_NOT_RETRYABLE', 'x'), 409, 'EXECUTION_NOT_RETRYABLE'],
    [new DispatchError('IDEMPOTENCY_KEY_REUSED', 'x'), 422, 'IDEMPOTENCY_KEY_REUSED'],
    [new DispatchError('SHUTTING_DOWN', 'x'), 503, 'SHUTTING_DOWN'],
    [new QueueError('QUEUE_FULL', 'x'), 503, 'QUEUE_FULL'],
    [new QueueError('QUEUE_CLOSED', 'x'), 503, 'SHUTTING_DOWN'],
    [new QueueError('INVALID_CURSOR', 'x'), 400, 'INVALID_CURSOR'],
    [new StateError('INVALID_CURSOR', 'x'), 400, 'INVALID_CURSOR'],
    [new StateError('STORE_FULL', 'x'), 503, 'STORE_FULL'],
    [new AgentPoolError('CAPABILITY_UNKNOWN', 'x'), 404, 'CAPABILITY_UNKNOWN'],
    [new AbortedError('shutdown', 'x'), 503, 'SHUTTING_DOWN'],
    [new AuthError('UNAUTHENTICATED', 'x'), 401, 'UNAUTHENTICATED'],
    [new AuthError('FORBIDDEN', 'x'), 403, 'FORBIDDEN'],
    [new ClientGoneError(), 499, 'CLIENT_CLOSED_REQUEST'],
    [new BadRequestException('x'), 400, 'BAD_REQUEST'],
    [new HttpException('x', 418), 418, 'BAD_REQUEST'],
    [new StateError('STALE_ATTEMPT', 'secret'), 500, 'INTERNAL_ERROR'],
    [new AbortedError('lost-lease', 'secret'), 500, 'INTERNAL_ERROR'],
    [new HttpException('secret', 502), 502, 'INTERNAL_ERROR'],
    [new Error('secret'), 500, 'INTERNAL_ERROR'],
    ['secret', 500, 'INTERNAL_ERROR'],
    [undefined, 500, 'INTERNAL_ERROR'],
  ])('answers %s with status %d and code %s', async (error, status, code) => {
    const answer = await answerTo(error);
    expect(answer.statusCode).toBe(status);
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(answer.json()).toMatchObject({
      type: `urn:nest-orchestra:problem:${code.toLowerCase().replaceAll('_', '-')}`,
      title: expect.any(String),
      detail: expect.any(String),
      instance: '/fails',
      status,
      code,
    });
    expect(answer.body).not.toContain('secret');
    expect(answer.body).not.toContain('.ts');
  });

  it('says when to come back, in seconds for HTTP and in milliseconds for programs', async () => {
    const full = await answerTo(new QueueError('QUEUE_FULL', 'x'));
    expect(full.headers).toMatchObject({ 'retry-after': '1' });
    expect(full.headers.connection).not.toBe('close');
    expect(full.json()).toMatchObject({ retryAfterMs: 1_000 });
  });

  it('ends the connection to a client that is to go elsewhere', async () => {
    const { headers } = await answerTo(new DispatchError('SHUTTING_DOWN', 'x'));
    expect(headers).toMatchObject({ 'retry-after': '5', connection: 'close' });
  });

  it('asks for a key', async () => {
    expect((await answerTo(new AuthError('UNAUTHENTICATED', 'x'))).headers['www-authenticate']).toBe(
      'Bearer',
    );
  });

  it('lists every problem of a request', async () => {
    const errors = [
      { path: 'a', message: 'is missing' },
      { path: 'b[0]', message: 'is wrong' },
    ];
    const answer = await answerTo(new ValidationError('it', errors));
    expect(answer.json()).toMatchObject({ detail: 'the request has 2 problems', errors });
  });

  it('lists a thousand problems and counts the others', async () => {
    const errors = Array.from({ length: 1_001 }, (_, at) => ({ path: `a[${at}]`, message: 'is wrong' }));
    const problem = (await answerTo(new ValidationError('it', errors))).json();
    expect(problem.detail).toBe('the request has 1001 problems');
    expect(problem.errors).toEqual(errors.slice(0, 1_000));
  });

  it('logs a fault of its own with its stack, under the id that the client gets', async () => {
    const error = new Error('the disk is on fire');
    const { requestId } = (await answerTo(error)).json();
    expect(requestId).toMatch(/^[0-9a-f-]{36}$/);
    expect(logged).toHaveBeenCalledWith(`GET /fails failed (request ${requestId})`, error.stack);
  });

  it('logs nothing of what a client got wrong', async () => {
    await answerTo(new ValidationError('it', []));
    expect(logged).not.toHaveBeenCalled();
  });

  it('logs nothing of a client that goes away in the middle of its body', async () => {
    const server: Server = app.getHttpServer();
    const arrived = new Promise<IncomingMessage>((resolve) => server.once('request', resolve));
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    socket.write(
      'POST /takes HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"a',
    );
    const request = await arrived;
    const gone = new Promise((resolve) => request.once('close', resolve));
    socket.destroy();
    await gone;
    // The error reaches the filter within a few turns of the event loop.
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(logged).not.toHaveBeenCalled();
  });

  it('leaves the report of a health check as it is', async () => {
    const report = { status: 'error', details: { queue: { status: 'down' } } };
    const answer = await answerTo(new ServiceUnavailableException(report));
    expect(answer.statusCode).toBe(503);
    expect(answer.headers['content-type']).toMatch(/^application\/json/);
    expect(answer.json()).toEqual(report);
  });

  it('cuts an answer that fails half-way', async () => {
    thrown = new Error('half-way');
    const answer = await fetch(`${await app.getUrl()}/breaks-off`);
    await expect(answer.text()).rejects.toThrow();
  });

  describe('what is refused before a route', () => {
    const send = (headers: Record<string, string>, payload: string) =>
      app.inject({ method: 'POST', url: '/fails', headers, payload });

    it('is a problem too: no route', async () => {
      const answer = await app.inject({ method: 'GET', url: '/nothing?key=secret' });
      expect(answer.statusCode).toBe(404);
      expect(answer.headers['content-type']).toBe('application/problem+json');
      expect(answer.json()).toMatchObject({ code: 'ROUTE_NOT_FOUND', instance: '/nothing' });
      expect(answer.body).not.toContain('secret');
    });

    it('is a problem too: another method', async () => {
      const answer = await send({ 'content-type': 'application/json' }, '{}');
      expect(answer.statusCode).toBe(405);
      expect(answer.headers.allow).toBe('GET, HEAD');
      expect(answer.json()).toMatchObject({
        code: 'METHOD_NOT_ALLOWED',
        detail: 'the methods here are GET, HEAD',
      });
    });
  });

  it('has a kind for every code, each with an error status', () => {
    for (const { status, title } of Object.values(PROBLEMS)) {
      expect(status).toBeGreaterThanOrEqual(400);
      expect(title).not.toBe('');
    }
  });
});
