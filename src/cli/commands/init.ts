import { Command } from 'commander';
import type { Cli } from '../cli.js';

interface InitOptions {
  force?: boolean;
}

export function initCommand(cli: Cli): Command {
  return new Command('init')
    .description('Write a configuration, a first workflow and its agent.')
    .argument('[folder]', 'where to', '.')
    .option('--force', 'overwrite what is there')
    .addHelpText(
      'after',
      `
Example:
  orchestra init first`,
    )
    .action(async (folder: string, { force = false }: InitOptions) => {
      const { init } = await import('../init/init.js');
      await init(cli, folder, { force });
    });
}
