import { Command } from 'commander';
import type { Cli } from '../cli.js';
import { remoteOptions, requestOptions, type RemoteOptions, type RequestOptions } from './options.js';

export interface SubmitOptions extends RemoteOptions, RequestOptions {
  wait?: boolean;
  json?: boolean;
}

export function submitCommand(cli: Cli): Command {
  const command = new Command('submit')
    .description('Submit a workflow to a service.')
    .argument('<file>', 'a workflow, or a request {workflow, input, ...}; YAML or JSON; - is stdin');
  return remoteOptions(requestOptions(command))
    .option('--wait', 'watch it to its end, and end as `watch` does')
    .option('--json', 'print the answer as JSON: with --wait the whole execution')
    .addHelpText(
      'after',
      `
Prints the id of the execution; with --wait its output.

Example:
  orchestra submit workflows/hello.yaml --input '{"name":"Ada"}' --wait`,
    )
    .action(async (file: string, options: SubmitOptions) => {
      const { submit } = await import('../remote/submit.js');
      cli.exitCode = await submit(cli, file, options);
    });
}
