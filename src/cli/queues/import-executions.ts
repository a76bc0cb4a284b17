import { createReadStream } from 'node:fs';
import { resolve } from 'node:path';
import { messageOf, untilAborted } from '#core';
import type { ImportReport } from '#dispatch';
import { FAILED, OK, type Cli } from '../cli.js';
import { CliError } from '../cli-error.js';
import type { ImportExecutionsOptions } from '../commands/queues.js';
import { printable } from '../text/printable.js';
import { withBackend } from './open-backend.js';

const STDIN = '-';

/** How many lines there are from one sign of life to the next. */
const LINES_PER_SIGN = 1_000;

/** Writes the executions of an export. @returns how the command ends. */
export function importExecutions(cli: Cli, file: string, options: ImportExecutionsOptions): Promise<number> {
  const { interrupts, stderr, stdout } = cli;
  const { dryRun = false } = options;
  interrupts.listen();
  const { signal } = interrupts;
  const name = file === STDIN ? '<stdin>' : file;
  const source = file === STDIN ? cli.stdin : readFile(cli, file);
  return withBackend(cli, options, async ({ archive }) => {
    const report = await archive.import(
      endedBy(signal, source),
      { dryRun },
      {
        signal,
        onRefused: (line, reason) => stderr.write(`${printable(`${name}:${line} ${reason}`)}\n`),
        onLine: ({ read }) => {
          if (read % LINES_PER_SIGN === 0) stderr.write(`${read} lines so far\n`);
        },
      },
    );
    stdout.write(`${dryRun ? 'would be: ' : ''}${summaryOf(report)}\n`);
    return interrupts.exitCode() ?? (report.refused === 0 ? OK : FAILED);
  });
}

function summaryOf({ imported, resumed, existing, refused }: ImportReport): string {
  return `${imported} imported (${resumed} of them go on here), ${existing} here already, ${refused} refused`;
}

async function* readFile(cli: Cli, name: string): AsyncGenerator<Uint8Array> {
  try {
    yield* createReadStream(resolve(cli.cwd, name)) as AsyncIterable<Buffer>;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'there is no such file' : `cannot be read: ${code ?? messageOf(error)}`;
    throw new CliError(`${name}: ${why}`, { cause: error });
  }
}

/** Ends with the signal, also while it waits for somebody to type. */
async function* endedBy(signal: AbortSignal, chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const iterator = chunks[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await untilAborted(iterator.next(), signal);
      if (next.done === true) return;
      yield next.value;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    // It may be waiting, so nobody waits for it.
    iterator.return?.().catch(() => undefined);
  }
}
