import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { messageOf } from '#core';
import { FAILED, OK, type Cli } from '../cli.js';
import { CliError } from '../cli-error.js';
import type { ExportExecutionsOptions } from '../commands/queues.js';
import { printable } from '../text/printable.js';
import { withBackend } from './open-backend.js';

const STDOUT = '-';

/** Inputs and outputs may be anybody's secrets. */
const OWNER_ONLY = 0o600;

/** How many lines there are from one sign of life to the next. */
const LINES_PER_SIGN = 1_000;

/** Writes the executions asked for, a line each. @returns how the command ends. */
export function exportExecutions(cli: Cli, file: string, options: ExportExecutionsOptions): Promise<number> {
  const { interrupts, stderr, stdout } = cli;
  const { status: statuses, workflow: workflowId, since } = options;
  interrupts.listen();
  const { signal } = interrupts;
  return withBackend(cli, options, async ({ archive }) => {
    let [exported, leftOut] = [0, 0];
    const onLeftOut = (executionId: string, reason: string): void => {
      leftOut++;
      stderr.write(`${printable(executionId)} is left out: it ${reason}\n`);
    };
    const lines = async function* (): AsyncGenerator<string> {
      for await (const line of archive.export({ statuses, workflowId, since }, { signal, onLeftOut })) {
        yield `${line}\n`;
        if (++exported % LINES_PER_SIGN === 0) stderr.write(`${exported} so far\n`);
      }
    };
    if (file === STDOUT) for await (const line of lines()) stdout.write(line);
    else await writeWhole(resolve(cli.cwd, file), lines(), signal);
    const interrupted = interrupts.exitCode();
    const isKept = interrupted === undefined || file === STDOUT;
    stderr.write(isKept ? `${exported} exported\n` : 'interrupted: nothing is written\n');
    return interrupted ?? (leftOut === 0 ? OK : FAILED);
  });
}

/** The file is there once it is whole and on the disk; until then there is the one of before, or none. */
async function writeWhole(file: string, lines: AsyncIterable<string>, signal: AbortSignal): Promise<void> {
  const part = `${file}.part`;
  try {
    await pipeline(lines, createWriteStream(part, { mode: OWNER_ONLY, flush: true }));
    if (!signal.aborted) await rename(part, file);
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) throw new CliError(messageOf(error), { cause: error });
    throw error;
  } finally {
    await rm(part, { force: true });
  }
}
