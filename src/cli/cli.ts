import type { Interrupts } from './interrupts.js';

/** Where a command writes: a terminal knows its size. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  on(event: 'resize', listener: () => void): unknown;
  off(event: 'resize', listener: () => void): unknown;
}

/** What a command works with, so that a test can give it all. */
export interface Cli {
  version: string;
  env: Readonly<Record<string, string | undefined>>;
  cwd: string;
  stdin: AsyncIterable<Buffer>;
  /** For results. */
  stdout: Output;
  /** For progress and errors. */
  stderr: Output;
  interrupts: Interrupts;
  /** Ends the process. */
  exit: (code: number) => never;
  /** How the process ends once the command is done; null when it goes on by itself. */
  exitCode: number | null;
}

/** Done; or failed, or refused. */
export const OK = 0;
export const FAILED = 1;
/** A command line that makes no sense: no such command, option or value. */
export const USAGE = 2;
