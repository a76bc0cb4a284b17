import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Redis } from 'ioredis';
import { eventually } from './eventually.js';

const BINARY = 'redis-server';
const isThere = spawnSync(BINARY, ['--version']).status === 0;

if (!isThere && process.env.REQUIRE_REDIS === '1') {
  throw new Error(`${BINARY} is not installed, and REQUIRE_REDIS=1 says that its tests must run`);
}

/** `describe` where there is a `redis-server` to start; elsewhere its tests are reported as skipped. */
export const describeWithRedis: typeof describe = isThere ? describe : describe.skip;

export interface RedisServerOptions {
  /** Whether what was written survives a kill: append-only file, fsync at every write. Default true. */
  durable?: boolean;
  /** Further settings, as on the command line: `['--maxmemory', '8mb']`. */
  settings?: readonly string[];
  /** Speaks TLS alone, with this certificate. */
  tls?: { certificate: string; key: string };
}

const running = new Set<RedisServer>();

/** A `redis-server` of a test's own, on loopback, on a port and in a folder that nobody else uses. */
export class RedisServer {
  readonly port: number;
  readonly #folder: string;
  readonly #options: RedisServerOptions;
  #process: ChildProcess | undefined;

  /** Resolves when it answers. `stop` it when the test has ended. */
  static async start(options: RedisServerOptions = {}): Promise<RedisServer> {
    const server = new RedisServer(await freePort(), options);
    await server.restart();
    return server;
  }

  private constructor(port: number, options: RedisServerOptions) {
    this.port = port;
    this.#options = options;
    this.#folder = mkdtempSync(path.join(tmpdir(), 'redis-'));
  }

  get url(): string {
    return `${this.#options.tls === undefined ? 'redis' : 'rediss'}://127.0.0.1:${this.port}`;
  }

  get pid(): number {
    const pid = this.#process?.pid;
    if (pid === undefined) throw new Error('the server does not run');
    return pid;
  }

  /** Where it keeps its files. */
  get folder(): string {
    return this.#folder;
  }

  /** Starts it, again after `kill`, with what its files hold. */
  async restart(): Promise<void> {
    const { durable = true, settings = [], tls } = this.#options;
    const files = durable ? ['--appendonly', 'yes', '--appendfsync', 'always'] : ['--appendonly', 'no'];
    const place = ['--bind', '127.0.0.1', ...this.#portSettings(tls), '--dir', this.#folder];
    const args = [...place, '--save', '', ...files, '--loglevel', 'warning', ...settings];
    const child = spawn(BINARY, args, { stdio: 'ignore' });
    this.#process = child;
    running.add(this);
    child.once('exit', () => {
      if (this.#process !== child) return;
      this.#process = undefined;
      running.delete(this);
    });
    await eventually(() => this.#answers(), { within: 10_000, what: 'an answer of redis-server' });
  }

  /** kill -9; what it had not written is gone. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** Stops its answers, not its life, until `thaw`. */
  freeze(): void {
    process.kill(this.pid, 'SIGSTOP');
  }

  thaw(): void {
    process.kill(this.pid, 'SIGCONT');
  }

  /** Ends it and deletes its files. Idempotent. */
  async stop(): Promise<void> {
    await this.#end('SIGKILL');
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Runs what needs a client, and closes that. */
  async with<T>(use: (client: Redis) => Promise<T>, url = this.url): Promise<T> {
    const client = new Redis(url, {
      lazyConnect: true,
      retryStrategy: null,
      connectTimeout: 2_000,
      // ioredis keeps a timer of this length for a socket that was refused.
      disconnectTimeout: 50,
    });
    client.on('error', () => undefined);
    try {
      await client.connect();
      return await use(client);
    } finally {
      client.disconnect();
    }
  }

  async #answers(): Promise<boolean> {
    if (this.#process === undefined) throw new Error('redis-server ended at once');
    const { settings = [], tls } = this.#options;
    // It may ask for a password, or speak TLS alone: then it is enough that somebody listens.
    if (tls !== undefined || settings.some((setting) => /^--(requirepass|aclfile|user)$/.test(setting)))
      return isListening(this.port);
    await this.with((client) => client.ping());
    return true;
  }

  #portSettings(tls: RedisServerOptions['tls']): string[] {
    const port = String(this.port);
    if (tls === undefined) return ['--port', port];
    const files = ['--tls-cert-file', tls.certificate, '--tls-key-file', tls.key, '--tls-ca-cert-file'];
    return ['--port', '0', '--tls-port', port, ...files, tls.certificate, '--tls-auth-clients', 'no'];
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#process;
    if (child === undefined) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await ended;
  }
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true)).on('error', reject);
    socket.on('connect', () => socket.destroy());
  });
}

/** One that nobody listens on at this moment. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Those of tests that failed before they came to stop them. */
afterAll(() => Promise.all([...running].map((server) => server.stop())));
