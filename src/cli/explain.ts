import { OrchestraError } from '#core';
import { stackOf } from '../lifecycle/stack-of.js';
import { CliError } from './cli-error.js';
import { printableLines } from './text/printable.js';

/** One clear text for what people get wrong; the whole error for what we did. */
export function explain(error: unknown): string {
  const known = error instanceof CliError || error instanceof OrchestraError;
  return printableLines(known ? (error as Error).message : stackOf(error));
}
