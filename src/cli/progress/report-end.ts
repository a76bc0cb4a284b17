import type { Execution } from '#dispatch';
import { FAILED, OK, type Cli } from '../cli.js';
import { printable, printableJson, printableLines } from '../text/printable.js';
import { errorNote } from './execution-view.js';

/** Writes what came of an execution, and tells how the process ends for it. */
export function reportEnd(cli: Cli, execution: Execution, { json = false }: { json?: boolean }): number {
  const { status, output, error, executionId } = execution;
  if (json) cli.stdout.write(`${printableJson(execution)}\n`);
  if (status === 'completed') {
    if (!json && output !== null) cli.stdout.write(`${textOf(output)}\n`);
    return OK;
  }
  const why = error === null ? '' : `: ${errorNote(error)}`;
  cli.stderr.write(`${printable(`execution ${executionId} ${status}${why}`)}\n`);
  return FAILED;
}

/** A text as it is, anything else as JSON. */
function textOf(output: Execution['output']): string {
  return typeof output === 'string' ? printableLines(output).replace(/\n$/, '') : printableJson(output);
}
