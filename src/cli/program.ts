import { Command } from 'commander';
import { USAGE, type Cli } from './cli.js';
import { agentsCommand } from './commands/agents.js';
import { cancelCommand } from './commands/cancel.js';
import { initCommand } from './commands/init.js';
import { listCommand } from './commands/list.js';
import { queuesCommand } from './commands/queues.js';
import { retryCommand } from './commands/retry.js';
import { runCommand } from './commands/run.js';
import { serveCommand } from './commands/serve.js';
import { submitCommand } from './commands/submit.js';
import { validateCommand } from './commands/validate.js';
import { watchCommand } from './commands/watch.js';

const COMMANDS = [
  initCommand,
  validateCommand,
  runCommand,
  serveCommand,
  submitCommand,
  watchCommand,
  listCommand,
  cancelCommand,
  retryCommand,
  agentsCommand,
  queuesCommand,
];

/** All commands. They hold their options alone; what they do is loaded when they are called. */
export function makeProgram(cli: Cli): Command {
  const program = new Command('orchestra')
    .description('Run workflows of AI agents: here, or on an orchestra service.')
    .version(cli.version)
    .exitOverride()
    .showHelpAfterError('(orchestra help <command> tells more)')
    .configureOutput({
      writeOut: (text) => cli.stdout.write(text),
      writeErr: (text) => cli.stderr.write(text),
      getOutHelpWidth: () => cli.stdout.columns ?? 100,
      getErrHelpWidth: () => cli.stderr.columns ?? 100,
    })
    .addHelpText(
      'after',
      `
Ends with 0 when it is done, 1 when it failed or was refused, ${USAGE} when the command line makes no sense,
130 after Ctrl-C.

Example:
  orchestra init first && cd first && orchestra run workflows/hello.yaml`,
    );
  for (const make of COMMANDS) {
    const command = make(cli);
    program.addCommand(command.copyInheritedSettings(program));
    for (const part of command.commands) part.copyInheritedSettings(command);
  }
  return program;
}
