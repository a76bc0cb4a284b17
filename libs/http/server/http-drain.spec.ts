import { Agent, get, type IncomingMessage } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { Controller, Get, Res } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply } from 'fastify';
import { openSocket } from '../testing/raw-http.js';
import { createFastifyAdapter } from './create-fastify-adapter.js';
import { HttpDrain } from './http-drain.js';

/** Far below the 15 s for which a connection would be kept alive, far above what a slow machine needs. */
const SOON_MS = 3_000;

interface Gate {
  promise: Promise<void>;
  resolve: () => void;
}

let arrived: Gate;
let gate: Gate;

@Controller()
class SlowController {
  @Get('quick')
  quick(): string {
    return 'quick';
  }

  @Get('slow')
  async slow(): Promise<string> {
    arrived.resolve();
    await gate.promise;
    return 'slow';
  }

  @Get('stream')
  async stream(@Res() { raw }: FastifyReply): Promise<void> {
    raw.writeHead(200, { 'content-length': 4 });
    raw.write('ab');
    arrived.resolve();
    await gate.promise;
    raw.end('cd');
  }
}

function createGate(): Gate {
  let resolve: () => void = () => {};
  const promise = new Promise<void>((settle) => (resolve = settle));
  return { promise, resolve };
}

const ended = (socket: Socket): Promise<void> =>
  new Promise((resolve) => socket.once('close', () => resolve()));

describe('HttpDrain', () => {
  let app: NestFastifyApplication;
  let drain: HttpDrain;
  let port: number;
  let agent: Agent;

  beforeEach(async () => {
    arrived = createGate();
    gate = createGate();
    const module = await Test.createTestingModule({ controllers: [SlowController] }).compile();
    app = module.createNestApplication<NestFastifyApplication>(await createFastifyAdapter(), {
      logger: false,
    });
    drain = new HttpDrain(app.getHttpAdapter().getInstance());
    await app.listen(0, '127.0.0.1');
    ({ port } = app.getHttpServer().address() as AddressInfo);
    agent = new Agent({ keepAlive: true });
  });

  afterEach(async () => {
    gate.resolve();
    agent.destroy();
    await app.close();
  });

  const request = async (
    path: string,
  ): Promise<{ answer: IncomingMessage; body: string; socket: Socket }> => {
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      get({ port, host: '127.0.0.1', path, agent }, resolve).once('error', reject);
    });
    const { socket } = answer;
    let body = '';
    for await (const chunk of answer) body += String(chunk);
    return { answer, body, socket };
  };

  const closeApp = async (): Promise<number> => {
    const begun = performance.now();
    await app.close();
    return performance.now() - begun;
  };

  it('lets close end with the last answer, not with the keep-alive timeout after it', async () => {
    const [slow, idle] = [request('/slow'), await request('/quick')];
    expect(idle.answer.headers.connection).toBe('keep-alive');
    await arrived.promise;
    const idleEnded = ended(idle.socket);

    drain.begin();
    const closing = closeApp();
    await idleEnded;
    gate.resolve();

    const { answer, body } = await slow;
    expect(body).toBe('slow');
    expect(answer.headers.connection).toBe('close');
    expect(await closing).toBeLessThan(SOON_MS);
  });

  it('answers a request that was on its way over an idle connection when it began', async () => {
    const { socket } = await request('/quick');
    drain.begin();
    const { answer, body, socket: same } = await request('/quick');
    expect(same).toBe(socket);
    expect([body, answer.headers.connection]).toEqual(['quick', 'close']);
    expect(await closeApp()).toBeLessThan(SOON_MS);
  });

  it('answers requests that come after its begin, each over a connection that ends with the answer', async () => {
    drain.begin();
    const { answer, body, socket } = await request('/quick');
    expect([body, answer.headers.connection]).toEqual(['quick', 'close']);
    if (!socket.destroyed) await ended(socket);
    expect((await request('/quick')).body).toBe('quick');
    expect(await closeApp()).toBeLessThan(SOON_MS);
  });

  it('ends the connection of an answer whose head was out before, once the answer is whole', async () => {
    const streaming = request('/stream');
    await arrived.promise;
    const closing = closeApp();
    gate.resolve();
    expect((await streaming).body).toBe('abcd');
    expect(await closing).toBeLessThan(SOON_MS);
  });

  it('leaves a fresh connection its first request until the server closes', async () => {
    const [fresh, silent] = [await openSocket(port), await openSocket(port)];
    drain.begin();
    const answered = new Promise<string>((resolve) => fresh.once('data', (data) => resolve(String(data))));
    fresh.write('GET /quick HTTP/1.1\r\nHost: a\r\n\r\n');
    expect(await answered).toMatch(/^HTTP\/1.1 200 [^]*\r\nconnection: close\r\n/i);

    const silentEnded = ended(silent);
    expect(await closeApp()).toBeLessThan(SOON_MS);
    await silentEnded;
  });

  it('needs no begin of its own when the application is closed at once', async () => {
    await request('/quick');
    expect(await closeApp()).toBeLessThan(SOON_MS);
  });

  it('may begin twice', async () => {
    drain.begin();
    drain.begin();
    expect((await request('/quick')).answer.headers.connection).toBe('close');
  });
});
