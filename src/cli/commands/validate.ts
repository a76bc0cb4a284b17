import { Command } from 'commander';
import type { Cli } from '../cli.js';
import { CONFIG_OPTION } from './options.js';

export interface ValidateOptions {
  config?: string;
}

export function validateCommand(cli: Cli): Command {
  return new Command('validate')
    .description('Check workflows, requests and configurations; list every problem with its place.')
    .argument('<files...>', 'YAML or JSON; told apart by their keys; - is stdin')
    .option(...CONFIG_OPTION)
    .addHelpText(
      'after',
      `
Problems are told as file:line:column path message. Capabilities are checked against the pools of the configuration,
where there is one.

Example:
  orchestra validate workflows/*.yaml orchestra.config.yaml`,
    )
    .action(async (files: string[], options: ValidateOptions) => {
      const { validate } = await import('../document/validate.js');
      cli.exitCode = await validate(cli, files, options);
    });
}
