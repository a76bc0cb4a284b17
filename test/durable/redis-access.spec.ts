/** FAULTS 30: servers that are not let in to, and servers that are not what they should be. */
import { createServer, type AddressInfo } from 'node:net';
import { RedisServer, describeWithRedis } from '../helpers/redis-server.js';
import { failToStart, startService } from '../helpers/service.js';
import { TlsFiles } from '../helpers/tls-files.js';
import { functionPool, oneStep } from '../helpers/workflows.js';

const SECRET = 'hunter2-very-secret';

const config = (redis: object) => ({ driver: 'bullmq', redis, pools: [functionPool('local')] });

/** From the start of the process: below 5 s on an idle machine; one that does other things as well starts it later. */
const START_FAILS_MS = 5_000 + 10_000;

/** Where nobody will answer, how long is for another test to show. */
const IMPATIENT_MS = 1_000;

/** One line that says why, soon, and no secret. */
async function expectNoStart(redis: object, why: RegExp): Promise<void> {
  const { code, stdout, stderr, durationMs } = await failToStart({ config: config(redis) });
  expect(code).toBe(1);
  expect(durationMs).toBeLessThan(START_FAILS_MS);
  expect(stderr).toMatch(why);
  expect(stderr).toMatch(/127\.0\.0\.1:\d+/);
  expect(stderr.trim().split('\n')).toHaveLength(1);
  expect(`${stdout}${stderr}`).not.toContain(SECRET);
}

async function expectToWork(redis: object): Promise<void> {
  const service = await startService({ config: config(redis) });
  expect((await service.client.run(oneStep('local'))).status).toBe('completed');
  expect(service.output).not.toContain(SECRET);
  expect((await service.stop()).code).toBe(0);
}

describeWithRedis('FAULTS 30: a server that asks for a password', () => {
  let redis: RedisServer;
  let at: (user: string) => string;

  beforeAll(async () => {
    redis = await RedisServer.start({
      settings: [
        ...['--requirepass', SECRET],
        ...`--user orchestra on >${SECRET} ~{orchestra}:* &{orchestra}:* +@all -@dangerous +info`.split(' '),
        ...`--user reader on >${SECRET} ~* &* +@read +@connection +info`.split(' '),
      ],
    });
    at = (user) => redis.url.replace('redis://', `redis://${user}@`);
  });

  afterAll(() => redis.stop());

  it('lets the right one in', () => expectToWork({ url: at(`:${SECRET}`) }));
  it('lets a user in who may do what is needed', () => expectToWork({ url: at(`orchestra:${SECRET}`) }));
  it('lets nobody in without one', () =>
    expectNoStart({ url: redis.url }, /NOAUTH|Authentication required/i));
  it('lets nobody in with a wrong one', () =>
    expectNoStart({ url: at(`orchestra:${SECRET}-not`) }, /WRONGPASS|invalid username-password/i));
  it('is of no use to a user who may only read', () =>
    expectNoStart({ url: at(`reader:${SECRET}`) }, /NOPERM|permission/i));
});

describeWithRedis('FAULTS 30: a server that speaks TLS', () => {
  const files = new TlsFiles();
  const others = new TlsFiles();
  let redis: RedisServer;
  let url: string;

  beforeAll(async () => {
    redis = await RedisServer.start({ tls: files });
    url = redis.url;
  });

  afterAll(async () => {
    await redis.stop();
    files.delete();
    others.delete();
  });

  it('is talked to when its certificate is trusted', () => expectToWork({ url, caFile: files.certificate }));
  it('is not, when nobody trusts it', () => expectNoStart({ url }, /self.signed|certificate/i));
  it('is not, when another one is trusted', () =>
    expectNoStart({ url, caFile: others.certificate }, /self.signed|certificate/i));
  it('is not, when it is taken for one without', () =>
    expectNoStart({ url: url.replace('rediss:', 'redis:'), connectTimeoutMs: IMPATIENT_MS }, /127\.0\.0\.1/));
});

describeWithRedis('FAULTS 30: a server without TLS', () => {
  it('is not talked to with it', async () => {
    const redis = await RedisServer.start();
    const url = redis.url.replace('redis:', 'rediss:');
    await expectNoStart({ url, connectTimeoutMs: IMPATIENT_MS }, /TLS|SSL|ECONNRESET|closed|answer/i);
    await redis.stop();
  });
});

describe('FAULTS 30: a server that is', () => {
  it.each([
    ['too old', 'redis_version:5.0.14', /version 5\.0\.14 is too old: 6\.2 is needed/],
    ['no Redis at all', undefined, /./],
  ])('%s is refused', async (_what, version, why) => {
    // Enough of the protocol to be taken for a server of that version.
    const info = `# Server\r\n${version}\r\n# Memory\r\nmaxmemory:0\r\nmaxmemory_policy:noeviction\r\n`;
    const bulk = `$${Buffer.byteLength(info)}\r\n${info}\r\n`;
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.on('data', (data) => {
        if (version === undefined) socket.write('HTTP/1.1 400 Bad Request\r\n\r\n');
        else
          for (const command of String(data).matchAll(/\*\d+\r\n\$\d+\r\n(\w+)/g)) {
            socket.write(/info/i.test(command[1] ?? '') ? bulk : '+OK\r\n');
          }
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    await expectNoStart({ url: `redis://127.0.0.1:${port}`, connectTimeoutMs: IMPATIENT_MS }, why);
    server.close();
  });
});

describe('FAULTS 30: nobody at the address', () => {
  it('is told at the start, with host and port', () =>
    expectNoStart({ url: 'redis://127.0.0.1:9' }, /ECONNREFUSED|answer/));
});
