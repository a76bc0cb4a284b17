import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Logger } from '@nestjs/common';
import { ManualClock } from '#core';
import type { PatternContext } from './pattern-context.js';
import { PatternServer } from './pattern-server.js';
import { patternsOptionsSchema } from './patterns.options.js';

interface Call {
  data: unknown;
  context: PatternContext;
  succeed: (response: unknown) => void;
  fail: (error: unknown) => void;
}

const frame = (packet: unknown): string => {
  const text = JSON.stringify(packet);
  return `${text.length}#${text}`;
};

describe('PatternServer', () => {
  let clock: ManualClock;
  let server: PatternServer;
  let calls: Call[];
  let arrived: () => void;
  const sockets: Socket[] = [];

  beforeAll(() => Logger.overrideLogger(false));
  afterAll(() => Logger.overrideLogger(undefined as never));

  async function start(more: object = {}): Promise<void> {
    clock = new ManualClock();
    calls = [];
    arrived = () => undefined;
    server = new PatternServer(
      patternsOptionsSchema.parse({ transport: 'tcp', port: 0, messageTimeoutMs: 1_000, ...more }),
      clock,
    );
    server.addHandler(
      'wait',
      (data, context) =>
        new Promise((resolve, reject) => {
          calls.push({ data, context: context as PatternContext, succeed: resolve, fail: reject });
          arrived();
        }),
    );
    await new Promise<void>((resolve, reject) =>
      server.listen((error) => (error === undefined ? resolve() : reject(error))),
    );
  }

  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await server.close();
    expect(clock.timerCount).toBe(0);
  });

  async function client(): Promise<Socket> {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1').setEncoding('utf8');
    socket.on('error', () => undefined);
    sockets.push(socket);
    await once(socket, 'connect');
    return socket;
  }

  async function nthCall(nth: number): Promise<Call> {
    while (calls.length < nth) await new Promise<void>((resolve) => (arrived = resolve));
    return calls[nth - 1]!;
  }

  /** What the server sends, as soon as it holds `text`. */
  async function received(socket: Socket, text: string): Promise<string> {
    let all = '';
    for await (const piece of socket.iterator({ destroyOnReturn: false })) {
      all += String(piece);
      if (all.includes(text)) break;
    }
    return all;
  }

  it('runs no more requests of a connection at once than it may, and the rest as these end', async () => {
    await start({ maxRequestsPerConnection: 2 });
    const [greedy, other] = [await client(), await client()];
    greedy.write([1, 2, 3, 4, 5].map((id) => frame({ pattern: 'wait', data: id, id })).join(''));
    await nthCall(2);
    // Another connection has room of its own; its request would come behind theirs.
    other.write(frame({ pattern: 'wait', data: 'other', id: 1 }));
    await nthCall(3);
    expect(calls.map(({ data }) => data)).toEqual([1, 2, 'other']);
    calls[1]!.succeed('second');
    await nthCall(4);
    expect(calls[3]!.data).toBe(3);
    for (const nth of [1, 4, 5, 6]) (await nthCall(nth)).succeed(nth);
    expect(await received(greedy, '"id":5')).toContain('{"response":"second","isDisposed":true,"id":2}');
  });

  it('makes an answer ready when the ones before it are read, and begins nothing until then', async () => {
    await start({ maxRequestsPerConnection: 3 });
    const socket = await client();
    let ready = 0;
    // More than the buffers of the kernel hold.
    const large = {
      toJSON: () => {
        ready++;
        return 'x'.repeat(10_000_000);
      },
    };
    socket.pause().write([1, 2, 3, 4].map((id) => frame({ pattern: 'wait', data: id, id })).join(''));
    await nthCall(3);
    for (const { succeed } of calls) succeed(large);
    while (ready === 0 || clock.timerCount === 0) await new Promise((resolve) => setImmediate(resolve));
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect([ready, calls.length]).toEqual([1, 3]);
    let text = '';
    socket.on('data', (more: string) => (text += more.replaceAll('x', ''))).resume();
    (await nthCall(4)).succeed('small');
    while (!text.includes('"id":4')) await once(socket, 'data');
    expect(text.match(/"id":\d/g)).toEqual(['"id":1', '"id":2', '"id":3', '"id":4']);
    expect(ready).toBe(3);
  });

  it('tells a handler that its client has gone', async () => {
    await start();
    const socket = await client();
    socket.write(frame({ pattern: 'wait', id: 1 }));
    const { context, fail } = await nthCall(1);
    expect(context.signal.aborted).toBe(false);
    const aborted = once(context.signal, 'abort');
    socket.destroy();
    await aborted;
    expect(context.signal.reason).toMatchObject({ code: 'CLIENT_CLOSED_REQUEST' });
    fail(context.signal.reason);
  });

  it('gives a message its time from its first byte on, however it trickles in', async () => {
    await start();
    const socket = await client();
    const text = frame({ pattern: 'wait', id: 1 });
    socket.write(text.slice(0, 5));
    while (clock.timerCount === 0) await new Promise((resolve) => setImmediate(resolve));
    await clock.advance(999);
    socket.write(text.slice(5, 10));
    await clock.advance(1);
    expect(await received(socket, 'isDisposed')).toContain('REQUEST_TIMEOUT');
    await once(socket, 'close');
    expect(calls).toEqual([]);
  });

  it('answers with an error what throws beyond the reach of a filter, and goes on', async () => {
    await start();
    const socket = await client();
    socket.write(frame({ pattern: 'wait', id: 1 }));
    (await nthCall(1)).succeed(10n);
    expect(await received(socket, 'isDisposed')).toMatch(/"err":\{"code":"INTERNAL_ERROR".*"id":1\}$/);
  });

  it('refuses a message under its id, and leaves the other callers of the connection alone', async () => {
    await start();
    const socket = await client();
    socket.write(frame({ pattern: 'wait', id: 1 }));
    const call = await nthCall(1);
    socket.write(frame({ pattern: { cmd: 'wait' } }));
    socket.write(frame({ pattern: { cmd: 'wait' }, id: 2 }));
    expect(await received(socket, '"id":2')).toContain('ROUTE_NOT_FOUND');
    socket.write(frame({ pattern: 'wait', data: JSON.parse('{"__proto__":{"a":1}}') as unknown, id: 3 }));
    expect(await received(socket, '"id":3')).toContain('MALFORMED_JSON');
    call.succeed('mine');
    expect(await received(socket, '"id":1')).toContain('"response":"mine"');
    expect(calls).toHaveLength(1);
  });

  it('ends with the last answer, and refuses everything else from the drain on', async () => {
    await start();
    const socket = await client();
    socket.write(frame({ pattern: 'wait', id: 1 }));
    const call = await nthCall(1);
    server.drain();
    socket.write(frame({ pattern: 'wait', id: 2 }));
    expect(await received(socket, '"id":2')).toContain('SHUTTING_DOWN');
    const closed = server.close();
    call.succeed('last');
    expect(await received(socket, '"id":1')).toContain('"response":"last"');
    await closed;
  });

  it('does not wait for ever for the last answer', async () => {
    await start();
    const socket = await client();
    socket.write(frame({ pattern: 'wait', id: 1 }));
    const call = await nthCall(1);
    const closed = server.close();
    await clock.advance(1_000);
    await closed;
    expect(call.context.signal.aborted).toBe(true);
    call.succeed('late');
  });
});
