/** Messages that are none, messages that nobody sends, and clients that send too many and read too little. */
import { eventually, within } from '../helpers/eventually.js';
import { frame, patternClient, rawPatterns, type PatternClient } from '../helpers/pattern-client.js';
import { residentBytes } from '../helpers/processes.js';
import { startService, type Service } from '../helpers/service.js';
import { functionPool, oneStep } from '../helpers/workflows.js';

const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;

const asPattern = (pattern: string): string => JSON.stringify({ id: 'a', pattern, data: {} });
const submitWith = (data: string): string =>
  `{"id":"a","pattern":"orchestra.execution.submit","data":${data}}`;

describe('what is no message', () => {
  const LIMIT = 100_000;
  let service: Service;
  let client: PatternClient;

  beforeAll(async () => {
    service = await startService({
      lifetime: 'file',
      config: {
        microservice: {
          transport: 'tcp',
          port: 0,
          maxMessageLength: LIMIT,
          messageTimeoutMs: 300,
          maxConnections: 20,
        },
        pools: [functionPool('local')],
      },
    });
    client = patternClient(service);
    await client.connect();
  });

  afterEach(async () => {
    // The service goes on, for others at once.
    expect(await client.send('submit', { workflow: oneStep('local'), waitMs: 20_000 })).toMatchObject({
      status: 'completed',
    });
    expect(service.stderr).toBe('');
  });

  it.each<[what: string, code: string, bytes: string | Buffer]>([
    ['bytes of another protocol', 'BAD_REQUEST', 'GET / HTTP/1.1\r\n\r\n'],
    ['a length that is none', 'BAD_REQUEST', '-5#{}'],
    ['a length with a fraction', 'BAD_REQUEST', '1e9#{}'],
    ['no length', 'BAD_REQUEST', '#{}'],
    ['a length without an end', 'BAD_REQUEST', '1'.repeat(1_000)],
    ['a huge length', 'PAYLOAD_TOO_LARGE', '999999999#{"pattern"'],
    ['a length above the limit', 'PAYLOAD_TOO_LARGE', `${LIMIT + 1}#`],
    ['bytes that are not UTF-8', 'MALFORMED_JSON', Buffer.from([0x35, 0x23, 0xff, 0xfe, 0x80])],
    ['half of a JSON text', 'MALFORMED_JSON', '5#{"a":'],
    ['no JSON', 'MALFORMED_JSON', frame('{pattern: 1}')],
    ['an empty message', 'MALFORMED_JSON', '0#'],
    ['JSON that is no object', 'BAD_REQUEST', frame('"text"')],
    ['nothing but null', 'BAD_REQUEST', frame('null')],
    ['only depth', 'BAD_REQUEST', frame(nested(40_000))],
    [
      'an id that is too deep to be sent back',
      'BAD_REQUEST',
      frame(`{"pattern":"x","id":${nested(40_000)}}`),
    ],
    ['half a message, and then nothing', 'REQUEST_TIMEOUT', '50#{"pattern"'],
    ['half a length, and then nothing', 'REQUEST_TIMEOUT', '5'],
  ])('%s ends the connection with %s', async (_what, code, bytes) => {
    const raw = rawPatterns(service);
    raw.write(bytes);
    await within(5_000, 'the end of the connection', raw.closed);
    const [length, text = ''] = raw.received.split(/#(.*)/s);
    expect(text).toHaveLength(Number(length));
    expect(JSON.parse(text)).toEqual({
      err: { code, message: expect.any(String), retryable: false },
      isDisposed: true,
    });
  });

  it.each([
    ['an unknown pattern', '{"id":"a","pattern":"orchestra.nothing","data":{}}', 'ROUTE_NOT_FOUND'],
    ['a pattern that is JSON', asPattern(`{"a":${nested(20_000)}}`), 'ROUTE_NOT_FOUND'],
    ['a pattern that is an object', '{"id":"a","pattern":{"cmd":"x"},"data":{}}', 'ROUTE_NOT_FOUND'],
    ['a forbidden key', submitWith('{"__proto__":{}}'), 'MALFORMED_JSON'],
    ['an escaped forbidden key', submitWith('{"\\u005f_proto__":{}}'), 'MALFORMED_JSON'],
    ['forbidden keys', submitWith('{"constructor":{"prototype":{}}}'), 'MALFORMED_JSON'],
    ['no payload', '{"id":"a","pattern":"orchestra.execution.get"}', 'VALIDATION_FAILED'],
    ['a payload that is too deep', submitWith(nested(40_000)), 'VALIDATION_FAILED'],
  ])('%s is answered, and the connection goes on', async (_what, text, code) => {
    const raw = rawPatterns(service);
    raw.write(frame(text));
    await eventually(() => raw.received.includes(code));
    expect(raw.received).toContain('"id":"a"');
    raw.send({ pattern: 'orchestra.execution.get', data: { executionId: 'nobody' }, id: 'b' });
    await eventually(() => raw.received.includes('EXECUTION_NOT_FOUND'));
    raw.close();
  });

  it('an event, which nobody could be told of, is not run', async () => {
    const before = (await service.client.list()).items.length;
    const raw = rawPatterns(service);
    raw.send({ pattern: 'orchestra.execution.submit', data: { workflow: oneStep('local') } });
    raw.send({ pattern: 'orchestra.execution.get', data: { executionId: 'nobody' }, id: 'after' });
    await eventually(() => raw.received.includes('after'));
    expect((await service.client.list()).items).toHaveLength(before);
    raw.close();
  });

  it('messages cut anywhere and sent by the thousand are all answered', async () => {
    const raw = rawPatterns(service);
    const packets = Array.from({ length: 3_000 }, (_, id) =>
      frame(JSON.stringify({ pattern: 'orchestra.execution.get', data: { executionId: 'größe 😀' }, id })),
    );
    const bytes = Buffer.from(packets.join(''));
    for (let at = 0; at < bytes.length; at += 7_919) raw.write(bytes.subarray(at, at + 7_919));
    await eventually(() => raw.received.split('EXECUTION_NOT_FOUND').length === 3_001, { within: 20_000 });
    raw.close();
  });

  it('more connections than there may be are closed', async () => {
    const sockets = Array.from({ length: 60 }, () => rawPatterns(service));
    const closed = await Promise.race([
      Promise.all(sockets.slice(20).map((raw) => raw.closed)).then(() => true),
      eventually(() => false, { within: 5_000 }).catch(() => false),
    ]);
    expect(closed).toBe(true);
    for (const socket of sockets) socket.close();
  });

  it('answers that nobody reads end the connection, and cost no memory', async () => {
    const { executionId } = await client.send('submit', {
      workflow: oneStep('local'),
      input: 'x'.repeat(90_000),
      waitMs: 20_000,
    });
    const before = residentBytes(service.pid);
    const raw = rawPatterns(service);
    raw.pause();
    for (let id = 0; id < 5_000; id++)
      raw.send({ pattern: 'orchestra.execution.get', data: { executionId }, id });
    // Whoever does not read learns of the end only when it writes.
    await eventually(() => {
      raw.write(' ');
      return raw.isClosed;
    });
    // 5000 answers of 90 kB would be 450 MB.
    expect(residentBytes(service.pid) - before).toBeLessThan(200_000_000);
  });
});

describe('FAULTS 39: large answers that nobody reads', () => {
  it('are not made ready, however many are asked for at once', async () => {
    const service = await startService({
      config: {
        microservice: { transport: 'tcp', port: 0, messageTimeoutMs: 2_000 },
        pools: [functionPool('local')],
      },
    });
    const step = { id: 'large', capability: 'local', input: { do: 'answer', length: 800_000 } };
    const { executionId } = await service.client.run({ id: 'large', steps: [step] });
    const before = residentBytes(service.pid);
    const raw = rawPatterns(service);
    raw.pause();
    // All of them arrive in two reads.
    const get = { pattern: 'orchestra.execution.get', data: { executionId } };
    raw.write(Array.from({ length: 900 }, (_, id) => frame(JSON.stringify({ ...get, id }))).join(''));
    let resident = 0;
    await eventually(
      () => {
        resident = Math.max(resident, residentBytes(service.pid));
        // Whoever does not read learns of the end only when it writes.
        raw.send({ pattern: 'not read either' });
        return raw.isClosed;
      },
      { within: 20_000 },
    );
    // 900 answers of 800 kB would be 720 MB; of the 100 requests under way each holds what it found.
    expect(resident - before).toBeLessThan(200_000_000);
  }, 60_000);
});
