import { EventEmitter } from 'node:events';
import type { Cli, Output } from '../cli.js';
import { Interrupts } from '../interrupts.js';

/** Keeps what is written to it. */
export class KeptOutput extends EventEmitter implements Output {
  text = '';
  isTTY = false;
  columns: number | undefined;
  rows: number | undefined;

  write(text: string): void {
    this.text += text;
  }
}

export type TestCli = Cli & { stdout: KeptOutput; stderr: KeptOutput };

export function makeCli(given: Partial<Pick<Cli, 'env' | 'cwd'>> & { stdin?: string } = {}): TestCli {
  const exit = (code: number): never => {
    throw new Error(`exit ${code}`);
  };
  return {
    version: '1.2.3',
    env: given.env ?? {},
    cwd: given.cwd ?? '/',
    stdin: (async function* () {
      yield Buffer.from(given.stdin ?? '');
    })(),
    stdout: new KeptOutput(),
    stderr: new KeptOutput(),
    interrupts: new Interrupts(exit),
    exit,
    exitCode: 0,
  };
}
