import { Command } from 'commander';
import type { Cli } from '../cli.js';
import { remoteOptions, type RemoteOptions } from './options.js';

export interface CancelOptions extends RemoteOptions {
  reason?: string;
}

export function cancelCommand(cli: Cli): Command {
  const command = new Command('cancel')
    .description('Stop an execution of a service.')
    .argument('<id>', 'the execution')
    .option('--reason <text>', 'kept with the execution');
  return remoteOptions(command)
    .addHelpText(
      'after',
      `
Example:
  orchestra cancel 019b0a52-6c00-7000-8000-000000000000 --reason 'wrong input'`,
    )
    .action(async (id: string, options: CancelOptions) => {
      const { cancel } = await import('../remote/cancel.js');
      await cancel(cli, id, options);
    });
}
