import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { Client } from './client.js';
import { eventually, within } from './eventually.js';

export const ROOT = resolve(__dirname, '../..');
export const MAIN = join(ROOT, 'dist/src/main.js');

export interface ServiceOptions {
  /** Text is written as it is; an object as JSON, on a free port unless it names one. */
  config?: string | Record<string, unknown>;
  env?: Record<string, string>;
  /** Further files of the folder it starts in. */
  files?: Record<string, string>;
  /** Where it starts. Default: a folder of its own, with the configuration in it. */
  cwd?: string;
  /** What the start waits for. */
  until?: 'spawned' | 'listening' | 'ready';
  /** When it is ended, if it has not been by then. */
  lifetime?: 'test' | 'file';
}

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
  durationMs: number;
}

/** A start under load of other tests; on an idle machine it is below one second. */
const START_TIMEOUT_MS = 20_000;

const running = new Map<Service, 'test' | 'file'>();

/** One process of the built service. */
export class Service {
  stdout = '';
  stderr = '';
  readonly startedAt = Date.now();
  readonly folder: string;
  readonly #child: ChildProcess;
  readonly #exited: Promise<[number | null, NodeJS.Signals | null]>;
  #client: Client | undefined;

  constructor({ config = {}, env = {}, files = {}, cwd, lifetime = 'test' }: ServiceOptions) {
    this.folder = mkdtempSync(join(tmpdir(), 'orchestra-'));
    const text = typeof config === 'string' ? config : JSON.stringify(onFreePort(config));
    for (const [name, content] of Object.entries({ 'orchestra.config.yaml': text, ...files })) {
      mkdirSync(dirname(join(this.folder, name)), { recursive: true });
      writeFileSync(join(this.folder, name), content);
    }
    this.#child = spawn(process.execPath, [MAIN], {
      cwd: cwd ?? this.folder,
      env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    running.set(this, lifetime);
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.#exited = once(this.#child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
    void this.#exited.then(() => running.delete(this));
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get hasExited(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** Where it listens, as it said itself. */
  get url(): string {
    const url = /listens on (http:\S+)/.exec(this.stdout)?.[1];
    if (url === undefined) throw new Error(`the service does not listen:\n${this.output}`);
    return url;
  }

  get client(): Client {
    this.#client ??= new Client(this.url);
    return this.#client;
  }

  get output(): string {
    return `${this.stdout}${this.stderr}`;
  }

  /** Closes our end of its stdout and stderr, as `| head` does. */
  stopReading(): void {
    this.#child.stdout?.destroy();
    this.#child.stderr?.destroy();
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Resolves when it has ended and its output is here whole. */
  async exit(ms = START_TIMEOUT_MS): Promise<Exit> {
    const from = Date.now();
    const [code, signal] = await within(ms, `the end of the service (${this.stderr})`, this.#exited);
    await this.#client?.close();
    rmSync(this.folder, { recursive: true, force: true });
    return { code, signal, stdout: this.stdout, stderr: this.stderr, durationMs: Date.now() - from };
  }

  /** Sends the signal and waits for the end. */
  stop(signal: NodeJS.Signals = 'SIGTERM', ms?: number): Promise<Exit> {
    this.kill(signal);
    return this.exit(ms);
  }

  async reached(until: 'listening' | 'ready'): Promise<void> {
    await eventually(
      () => {
        if (!this.hasExited) return this.stdout.includes('listens on');
        throw new Error(`the service ended:\n${this.output}`);
      },
      { within: START_TIMEOUT_MS, what: 'the start' },
    );
    if (until === 'listening') return;
    await eventually(async () => (await this.client.get('/health/ready')).status === 200, {
      within: START_TIMEOUT_MS,
      what: `readiness (${this.output})`,
    });
  }
}

/** Starts the service; unless it is stopped before, it is killed when its lifetime is over. */
export async function startService(options: ServiceOptions = {}): Promise<Service> {
  const service = new Service(options);
  const { until = 'ready' } = options;
  if (until !== 'spawned') await service.reached(until);
  return service;
}

/** A start that is expected to fail: how it ended. */
export function failToStart(options: ServiceOptions): Promise<Exit> {
  return new Service(options).exit();
}

function onFreePort(config: Record<string, unknown>): Record<string, unknown> {
  return { ...config, http: { port: 0, ...(config.http as object | undefined) } };
}

async function killAll(lifetime: 'test' | 'file'): Promise<void> {
  const services = [...running].filter(([, until]) => until === lifetime).map(([service]) => service);
  await Promise.all(services.map((service) => service.stop('SIGKILL')));
}

/** Processes start and end in these tests, on machines that do other things as well. */
jest.setTimeout(45_000);

afterEach(() => killAll('test'));
afterAll(() => killAll('file'));
