import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { within } from './eventually.js';
import { ROOT } from './service.js';

export const CLI = join(ROOT, 'dist/src/cli/main.js');

export interface CliOptions {
  cwd: string;
  env?: Record<string, string>;
  /** Null: the test writes it. Default: nothing. */
  stdin?: string | null;
}

export interface CliExit {
  code: number | null;
  stdout: string;
  stderr: string;
}

const running = new Set<ChildProcess>();

/** One process of the built command line. */
export class CliProcess {
  stdout = '';
  stderr = '';
  readonly child: ChildProcess;
  readonly #closed: Promise<[number | null, NodeJS.Signals | null]>;

  constructor(args: readonly string[], { cwd, env = {}, stdin = '' }: CliOptions) {
    this.child = spawn(process.execPath, [CLI, ...args], {
      cwd,
      env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    running.add(this.child);
    if (stdin !== null) this.child.stdin?.end(stdin);
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.#closed = once(this.child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
    void this.#closed.then(() => running.delete(this.child));
  }

  async exit(ms = 30_000): Promise<CliExit> {
    const [code] = await within(ms, `the end of the command (${this.stderr})`, this.#closed);
    return { code, stdout: this.stdout, stderr: this.stderr };
  }
}

/** Runs the command to its end. */
export function orchestra(args: readonly string[], options: CliOptions): Promise<CliExit> {
  return new CliProcess(args, options).exit();
}

afterAll(() => {
  for (const child of running) child.kill('SIGKILL');
});
