import { Command } from 'commander';
import type { Cli } from '../cli.js';
import { CONFIG_OPTION, requestOptions, type RequestOptions } from './options.js';

export interface RunOptions extends RequestOptions {
  config?: string;
  json?: boolean;
}

export function runCommand(cli: Cli): Command {
  const command = new Command('run')
    .description('Run a workflow here, without a service, on the pools of the configuration.')
    .argument('<file>', 'a workflow, or a request {workflow, input, ...}; YAML or JSON; - is stdin')
    .option(...CONFIG_OPTION);
  return requestOptions(command)
    .option('--json', 'print the whole execution, not only its output')
    .addHelpText(
      'after',
      `
The output goes to stdout, progress to stderr: in a terminal a line a step, redrawn in place, otherwise (and with
NO_COLOR or TERM=dumb) a line an event. Ends with 0 when the execution completed, with 1 when it did not. The first
Ctrl-C cancels the execution and waits for its end (130), a second leaves at once.

Example:
  orchestra run examples/repository-brief/request.json --json`,
    )
    .action(async (file: string, options: RunOptions) => {
      const { runWorkflow } = await import('../run/run-workflow.js');
      cli.exitCode = await runWorkflow(cli, file, options);
    });
}
