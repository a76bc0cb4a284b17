import { Command } from 'commander';
import type { Cli } from '../cli.js';
import { remoteOptions, type RemoteOptions } from './options.js';

export interface AgentsOptions extends RemoteOptions {
  json?: boolean;
}

export function agentsCommand(cli: Cli): Command {
  return remoteOptions(new Command('agents').description('Show the pools and agents of a service.'))
    .option('--json', 'print {pools, agents} as JSON')
    .addHelpText(
      'after',
      `
Example:
  orchestra agents --url http://127.0.0.1:3000`,
    )
    .action(async (options: AgentsOptions) => {
      const { agents } = await import('../remote/agents.js');
      await agents(cli, options);
    });
}
