import type { Cli } from '../cli.js';
import type { CancelOptions } from '../commands/cancel.js';
import { printable } from '../text/printable.js';
import { summarySchema } from './api-answers.js';
import { ApiClient, executionPath } from './api-client.js';

/** Asks a service to stop an execution. */
export async function cancel(cli: Cli, id: string, options: CancelOptions): Promise<void> {
  const client = new ApiClient(cli, options);
  const body = options.reason === undefined ? {} : { reason: options.reason };
  const { executionId, status } = await client.call('POST', executionPath(id, '/cancel'), summarySchema, {
    body,
  });
  cli.stdout.write(`${printable(executionId)} is asked to stop (${status})\n`);
}
