import { Command } from 'commander';
import type { Cli } from '../cli.js';
import { remoteOptions, type RemoteOptions } from './options.js';

export interface WatchOptions extends RemoteOptions {
  json?: boolean;
}

export function watchCommand(cli: Cli): Command {
  const command = new Command('watch')
    .description('Follow an execution of a service to its end.')
    .argument('<id>', 'the execution');
  return remoteOptions(command)
    .option('--json', 'print the whole execution, not only its output')
    .addHelpText(
      'after',
      `
Shows what \`run\` shows and ends as it does. A connection that breaks is made again, and nothing is missed. Ctrl-C
stops watching (130); the execution goes on.

Example:
  orchestra watch 019b0a52-6c00-7000-8000-000000000000`,
    )
    .action(async (id: string, options: WatchOptions) => {
      const { watch } = await import('../remote/watch.js');
      cli.exitCode = await watch(cli, id, options);
    });
}
