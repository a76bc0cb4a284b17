import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { fastify, type FastifyInstance } from 'fastify';
import { openSocket } from '../testing/raw-http.js';
import { limitPipelining, MAX_PIPELINED } from './pipelining.js';

describe('limitPipelining', () => {
  let server: FastifyInstance;
  let port: number;
  /** The queries of the requests that began, and how to answer them. */
  let begun: string[];
  let answers: (() => void)[];
  let arrived: () => void;
  const sockets: Socket[] = [];

  beforeEach(async () => {
    begun = [];
    answers = [];
    arrived = () => undefined;
    server = fastify({ forceCloseConnections: true });
    limitPipelining(server);
    server.get('/now', ({ url }) => {
      begun.push(url);
      return url;
    });
    server.get('/later', ({ url }) => {
      begun.push(url);
      return new Promise((resolve) => {
        answers.push(() => resolve(url));
        arrived();
      });
    });
    await server.listen({ port: 0, host: '127.0.0.1' });
    ({ port } = server.server.address() as AddressInfo);
  });

  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await server.close();
  });

  async function client(): Promise<Socket> {
    const socket = await openSocket(port);
    sockets.push(socket);
    return socket.setEncoding('latin1');
  }

  const ask = (socket: Socket, path: string, from: number, to: number): boolean =>
    socket.write(
      Array.from(
        { length: to - from + 1 },
        (_, place) => `GET ${path}?${from + place} HTTP/1.1\r\nHost: x\r\n\r\n`,
      ).join(''),
    );

  async function nthAnswer(nth: number): Promise<() => void> {
    while (answers.length < nth) await new Promise<void>((resolve) => (arrived = resolve));
    return answers[nth - 1]!;
  }

  async function toEnd(socket: Socket): Promise<string> {
    let text = '';
    socket.on('data', (more: string) => (text += more));
    await once(socket, 'close');
    return text;
  }

  it('begins a request of a connection when the answer before it is sent', async () => {
    const [patient, other] = [await client(), await client()];
    ask(patient, '/later', 1, 3);
    await nthAnswer(1);
    ask(other, '/later', 9, 9);
    (await nthAnswer(2))();
    expect(begun).toEqual(['/later?1', '/later?9']);
    answers[0]!();
    (await nthAnswer(3))();
    (await nthAnswer(4))();
    expect(begun.slice(2)).toEqual(['/later?2', '/later?3']);
  });

  it('answers as many as there may be, over a connection that stays', async () => {
    const socket = await client();
    let text = '';
    const all = new Promise<void>((resolve) => {
      socket.on('data', (more: string) => {
        text += more;
        if (text.includes(`/now?${2 * MAX_PIPELINED}`)) resolve();
        else if (text.endsWith(`/now?${MAX_PIPELINED}`))
          ask(socket, '/now', MAX_PIPELINED + 1, 2 * MAX_PIPELINED);
      });
    });
    ask(socket, '/now', 1, MAX_PIPELINED);
    await all;
    expect(begun).toHaveLength(2 * MAX_PIPELINED);
    expect(text).not.toContain('connection: close');
  });

  it('drops what is more, and says with the last answer that the connection ends', async () => {
    const socket = await client();
    const end = toEnd(socket);
    ask(socket, '/now', 1, MAX_PIPELINED + 50);
    const heads = (await end).split('HTTP/1.1 ').slice(1);
    expect(begun).toHaveLength(MAX_PIPELINED);
    expect(heads).toHaveLength(MAX_PIPELINED);
    expect(heads.every((head) => head.startsWith('200 '))).toBe(true);
    expect(heads.map((head) => head.includes('connection: close'))).toEqual(
      heads.map((_, place) => place === MAX_PIPELINED - 1),
    );
  });

  it('reads no further then, whatever else is sent', async () => {
    const socket = await client();
    const end = toEnd(socket);
    const accepted = new Promise<Socket>((resolve) => {
      server.server.once('request', ({ socket: own }) => resolve(own));
    });
    ask(socket, '/later', 1, 1);
    await nthAnswer(1);
    const own = await accepted;
    // Far more than it reads at once.
    ask(socket, '/now', 2, 100_000);
    for (let turn = 0; turn < 1_000; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(own.bytesRead).toBeLessThan(500_000);
    answers[0]!();
    await end;
    expect(begun).toHaveLength(MAX_PIPELINED);
  });

  it('does not begin what a client left behind', async () => {
    const socket = await client();
    const closed = new Promise<void>((resolve) => {
      server.server.once('request', ({ socket: own }) => own.once('close', () => resolve()));
    });
    ask(socket, '/later', 1, 3);
    await nthAnswer(1);
    socket.destroy();
    await closed;
    const other = await client();
    ask(other, '/now', 1, 1);
    await once(other, 'data');
    expect(begun).toEqual(['/later?1', '/now?1']);
  });
});
