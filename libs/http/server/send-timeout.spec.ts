import { connect, type AddressInfo } from 'node:net';
import { createServer, type Server } from 'node:http';
import { openSocket } from '../testing/raw-http.js';
import { limitSending } from './send-timeout.js';

/** More than the buffers of the kernel hold. */
const BODY = 'x'.repeat(20_000_000);
const TIMEOUT_MS = 300;

describe('limitSending', () => {
  let server: Server;
  let port: number;

  beforeEach(async () => {
    server = createServer({ keepAliveTimeout: 5_000 }, (_request, answer) => answer.end(BODY));
    limitSending(server, TIMEOUT_MS);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
    ({ port } = server.address() as AddressInfo);
  });

  afterEach(() => {
    server.closeAllConnections();
    return new Promise<void>((resolve) => server.close(() => resolve()));
  });

  const closed = (): Promise<void> =>
    new Promise((resolve) => {
      server.once('connection', (socket) => socket.once('close', () => resolve()));
    });

  it('cuts a connection whose client takes nothing', async () => {
    const end = closed();
    const socket = connect(port, '127.0.0.1').pause();
    socket.on('error', () => {});
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    const from = performance.now();
    await end;
    expect(performance.now() - from).toBeGreaterThanOrEqual(TIMEOUT_MS - 5);
    socket.destroy();
  });

  it('leaves one alone whose client is slow, and the connection after the answer', async () => {
    const socket = await openSocket(port);
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    let received = 0;
    const whole = new Promise<void>((resolve, reject) => {
      socket.once('close', () => reject(new Error(`cut after ${received} bytes`)));
      socket.on('data', (chunk: Buffer) => {
        received += chunk.length;
        if (received > BODY.length) resolve();
        socket.pause();
        setTimeout(() => socket.resume(), 2);
      });
    });
    await whole;
    socket.removeAllListeners('close');
    socket.removeAllListeners('data').resume();
    // Idle for longer than it may be silent during an answer, and still there.
    await new Promise((resolve) => setTimeout(resolve, TIMEOUT_MS * 2));
    expect(socket.readyState).toBe('open');
    socket.destroy();
  });
});
