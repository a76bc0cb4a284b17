import { OK, type Cli } from '../cli.js';
import { CliError } from '../cli-error.js';
import type { SubmitOptions } from '../commands/submit.js';
import { locateProblems, readRequest } from '../document/execution-request.js';
import { printable, printableJson } from '../text/printable.js';
import { acceptedSchema } from './api-answers.js';
import { ApiClient } from './api-client.js';
import { ApiError } from './api-error.js';
import { watchExecution } from './watch.js';

/** Submits a workflow to a service, and watches it when that is asked for. */
export async function submit(cli: Cli, name: string, options: SubmitOptions): Promise<number> {
  const client = new ApiClient(cli, options);
  const { file, body } = await readRequest(cli, name, options);
  const accepted = await client
    .call('POST', '/v1/executions', acceptedSchema, { body })
    .catch((error: unknown) => {
      if (!(error instanceof ApiError) || error.problems.length === 0) throw error;
      throw new CliError(locateProblems(file, error.problems).join('\n'), { cause: error });
    });
  if (options.wait === true) return watchExecution(cli, client, accepted.executionId, options);
  const id = printable(accepted.executionId);
  cli.stdout.write(`${options.json === true ? printableJson(accepted) : id}\n`);
  cli.stderr.write(`${accepted.status}; follow it with: orchestra watch ${id}\n`);
  return OK;
}
