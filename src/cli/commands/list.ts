import { Command } from 'commander';
import type { Cli } from '../cli.js';
import { remoteOptions, wholeNumber, type RemoteOptions } from './options.js';

export interface ListOptions extends RemoteOptions {
  status?: string;
  workflow?: string;
  limit?: number;
  cursor?: string;
  json?: boolean;
}

export function listCommand(cli: Cli): Command {
  const command = new Command('list').description('List the executions of a service, newest first.');
  return remoteOptions(command)
    .option('--status <status>', 'pending, running, completed, failed, cancelled or timed_out')
    .option('--workflow <id>', 'of this workflow only')
    .option('--limit <count>', 'how many at most (default: 50)', wholeNumber(1, 500))
    .option('--cursor <cursor>', 'where the page before ended')
    .option('--json', 'print the page as JSON')
    .addHelpText(
      'after',
      `
Example:
  orchestra list --status failed --limit 10`,
    )
    .action(async (options: ListOptions) => {
      const { list } = await import('../remote/list.js');
      await list(cli, options);
    });
}
