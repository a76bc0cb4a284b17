import { Command } from 'commander';
import type { Cli } from '../cli.js';
import { remoteOptions, type RemoteOptions } from './options.js';

export function retryCommand(cli: Cli): Command {
  const command = new Command('retry')
    .description('Run an execution that did not complete again, from its first incomplete steps.')
    .argument('<id>', 'the execution');
  return remoteOptions(command)
    .addHelpText(
      'after',
      `
Example:
  orchestra retry 019b0a52-6c00-7000-8000-000000000000`,
    )
    .action(async (id: string, options: RemoteOptions) => {
      const { retry } = await import('../remote/retry.js');
      await retry(cli, id, options);
    });
}
