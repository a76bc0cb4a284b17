/** Clients that send too slowly, do not read what they asked for, or send too much. */
import { gzipSync } from 'node:zlib';
import type { Socket } from 'node:net';
import { eventually, within } from '../helpers/eventually.js';
import { expectProblem } from '../helpers/problems.js';
import { openFiles, residentBytes } from '../helpers/processes.js';
import { startService, type Service } from '../helpers/service.js';
import { openSocket, readToEnd } from '../helpers/socket.js';
import { functionPool } from '../helpers/workflows.js';

const HEAD = 'Host: x\r\nContent-Type: application/json\r\n';

describe('FAULTS 38: a slow client', () => {
  const http = {
    keepAliveTimeoutMs: 500,
    headersTimeoutMs: 1_000,
    requestTimeoutMs: 1_500,
    connectionsCheckingIntervalMs: 200,
  };
  /** The machine does other things as well. */
  const SLACK_MS = 2_000;
  let service: Service;

  beforeAll(async () => {
    service = await startService({ lifetime: 'file', config: { http, pools: [functionPool('local')] } });
  });

  it.each([
    [
      'that sends its headers byte by byte',
      'GET /health HTTP/1.1\r\nHost: x\r\nX-Slow: ',
      http.headersTimeoutMs,
    ],
    ['that sends nothing at all', '', http.headersTimeoutMs],
    [
      'whose body stalls',
      `POST /v1/executions HTTP/1.1\r\n${HEAD}Content-Length: 100\r\n\r\n{`,
      http.requestTimeoutMs,
    ],
    [
      'whose body comes in chunks, byte by byte',
      `POST /v1/executions HTTP/1.1\r\n${HEAD}Transfer-Encoding: chunked\r\n\r\n`,
      http.requestTimeoutMs,
    ],
  ])('%s is told so and cut off', async (what, start, timeoutMs) => {
    const socket = await openSocket(service.url);
    const from = Date.now();
    socket.write(start);
    const drip = setInterval(() => socket.write(what.includes('chunks') ? '1\r\n \r\n' : 'x'), 100);
    if (what.includes('nothing') || what.includes('stalls')) clearInterval(drip);
    const text = await within(
      timeoutMs + http.connectionsCheckingIntervalMs + SLACK_MS,
      'the end',
      readToEnd(socket),
    ).finally(() => clearInterval(drip));
    expect(Date.now() - from).toBeGreaterThanOrEqual(timeoutMs - 50);
    expect(text).toMatch(/^HTTP\/1\.1 408 /);
    expect(text).toContain('"code":"REQUEST_TIMEOUT"');
    expect((await service.client.get('/health')).status).toBe(200);
  });
});

describe('FAULTS 39: a client that does not read', () => {
  const STEPS = 5;
  const OUTPUT = 1_000_000;
  const CLIENTS = 20;

  async function withBigExecution(http: object, count = STEPS): Promise<{ service: Service; path: string }> {
    const service = await startService({ config: { http, pools: [functionPool('local')] } });
    const steps = Array.from({ length: count }, (_, place) => ({
      id: `s${place}`,
      capability: 'local',
      input: { do: 'answer', length: OUTPUT },
    }));
    const { executionId, status } = await service.client.run({ id: 'big', steps });
    expect(status).toBe('completed');
    return { service, path: `/v1/executions/${executionId}` };
  }

  /** Asks, and never reads a byte of the answer. */
  async function askAndIgnore(service: Service, path: string): Promise<Socket> {
    const socket = await openSocket(service.url);
    socket.pause();
    socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
    return socket;
  }

  it('takes one answer of memory and loses its connection after sendTimeoutMs', async () => {
    const { service, path } = await withBigExecution({ sendTimeoutMs: 500 });
    await service.client.get(path);
    const residentBefore = residentBytes(service.pid);
    const openBefore = openFiles(service.pid);
    const sockets = await Promise.all(Array.from({ length: CLIENTS }, () => askAndIgnore(service, path)));
    // One who reads, slowly, gets all of it meanwhile.
    const slow = await askAndIgnore(service, path);
    let received = 0;
    slow.on('data', (chunk: Buffer) => {
      received += chunk.length;
      slow.pause();
      setTimeout(() => slow.resume(), 5);
    });
    slow.resume();
    let resident = 0;
    const cut = (): boolean => {
      resident = Math.max(resident, residentBytes(service.pid));
      return openFiles(service.pid) <= openBefore + 1;
    };
    await eventually(cut, { within: 20_000, what: 'the end of the connections' });
    await eventually(() => received > STEPS * OUTPUT, { within: 20_000, what: 'the slow answer' });
    slow.destroy();
    // Three copies of each answer at worst: as text, as bytes, and what was read of the store for it. The collector may not
    // have come round to those that are over.
    expect(resident - residentBefore).toBeLessThan(5 * CLIENTS * STEPS * OUTPUT);
    for (const socket of sockets) socket.destroy();
  }, 60_000);

  it('takes one answer of memory for one connection, however often it asks over it', async () => {
    const { service, path } = await withBigExecution({ sendTimeoutMs: 500 }, 1);
    await service.client.get(path);
    const residentBefore = residentBytes(service.pid);
    const openBefore = openFiles(service.pid);
    const socket = await openSocket(service.url);
    socket.pause();
    socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`.repeat(2_000));
    let resident = 0;
    let open = openBefore;
    const cut = (): boolean => {
      resident = Math.max(resident, residentBytes(service.pid));
      open = Math.max(open, openFiles(service.pid));
      return open > openBefore && openFiles(service.pid) <= openBefore;
    };
    await eventually(cut, { within: 20_000, what: 'the end of the connection' });
    // What the kernel took was made ready as well, one after the other: some ten answers.
    expect(resident - residentBefore).toBeLessThan(100 * OUTPUT);
    socket.destroy();
  }, 60_000);

  it('does not hold up the shutdown', async () => {
    const { service, path } = await withBigExecution({});
    const sockets = await Promise.all(Array.from({ length: 3 }, () => askAndIgnore(service, path)));
    await service.client.get(path);
    const { code, durationMs } = await service.stop();
    expect(code).toBe(0);
    expect(durationMs).toBeLessThan(6_000);
    for (const socket of sockets) socket.destroy();
  });
});

describe('FAULTS 40: a request that is too large', () => {
  const MAX_GROWTH = 60_000_000;
  let service: Service;

  beforeAll(async () => {
    service = await startService({ lifetime: 'file', config: { pools: [functionPool('local')] } });
  });

  const post = (body: Buffer | string, headers: Record<string, string> = {}) =>
    service.client.post('/v1/executions', body, { headers });

  it('is refused without being kept, however often it comes', async () => {
    const body = `"${'x'.repeat(10_000_000)}"`;
    const bomb = gzipSync(Buffer.alloc(50_000_000));
    expectProblem(await post(body), 413, 'PAYLOAD_TOO_LARGE');
    const residentBefore = residentBytes(service.pid);
    for (let round = 0; round < 3; round++) {
      for (const answer of await Promise.all([post(body), post(body), post(body)]))
        expectProblem(answer, 413, 'PAYLOAD_TOO_LARGE');
      expectProblem(await post(bomb, { 'content-encoding': 'gzip' }), 415, 'UNSUPPORTED_MEDIA_TYPE');
      expectProblem(await post(`"${'x'.repeat(1_048_575)}"`), 413, 'PAYLOAD_TOO_LARGE');
    }
    expect(residentBytes(service.pid) - residentBefore).toBeLessThan(MAX_GROWTH);
  });

  it('is refused when it comes in chunks that say nothing of its size', async () => {
    const socket = await openSocket(service.url);
    socket.write(`POST /v1/executions HTTP/1.1\r\n${HEAD}Transfer-Encoding: chunked\r\n\r\n`);
    const chunk = `10000\r\n${'1'.repeat(65_536)}\r\n`;
    for (let count = 0; count < 40; count++) socket.write(chunk);
    socket.write('0\r\n\r\n');
    // The connection stays: what is left of the body is read, so that no reset overtakes the answer.
    const answered = new Promise<string>((resolve) => {
      let text = '';
      socket.on('data', (part: Buffer) => {
        text += part.toString();
        if (text.endsWith('}')) resolve(text);
      });
    });
    expect(await within(5_000, 'the answer', answered)).toMatch(
      /^HTTP\/1\.1 413 .*"code":"PAYLOAD_TOO_LARGE"/s,
    );
    socket.destroy();
  });

  it('is refused for its head', async () => {
    const long = await service.client.get('/info', { headers: { 'x-long': 'x'.repeat(20_000) } });
    expectProblem(long, 431, 'HEADERS_TOO_LARGE');
  });

  it.each([
    [1_000, 400, 'VALIDATION_FAILED'],
    [10_000, 431, 'HEADERS_TOO_LARGE'],
  ])('is refused for a query of %i parameters', async (count, status, code) => {
    const query = Array.from({ length: count }, (_, index) => `q${index}=1`).join('&');
    expectProblem(await service.client.get(`/v1/executions?${query}`), status, code);
  });
});
