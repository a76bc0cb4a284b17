import { CommanderError } from 'commander';
import { FAILED, OK, USAGE, type Cli } from './cli.js';
import { makeProgram } from './program.js';

/** Runs the command that the arguments name. Never rejects: what went wrong is told on stderr, and by the code. */
export async function runCli(args: readonly string[], cli: Cli): Promise<number | null> {
  try {
    await makeProgram(cli).parseAsync(args, { from: 'user' });
    return cli.exitCode;
  } catch (error) {
    // Commander has written its message, or the help that was asked for.
    if (error instanceof CommanderError) return error.exitCode === 0 ? OK : USAGE;
    const { explain } = await import('./explain.js');
    cli.stderr.write(`${explain(error)}\n`);
    return FAILED;
  }
}
