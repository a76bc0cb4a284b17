import type { Cli } from '../cli.js';
import type { RemoteOptions } from '../commands/options.js';
import { printable } from '../text/printable.js';
import { acceptedSchema } from './api-answers.js';
import { ApiClient, executionPath } from './api-client.js';

/** Asks a service to run an execution again. */
export async function retry(cli: Cli, id: string, options: RemoteOptions): Promise<void> {
  const client = new ApiClient(cli, options);
  const { executionId, status } = await client.call('POST', executionPath(id, '/retry'), acceptedSchema);
  cli.stdout.write(`${printable(executionId)} runs again (${status})\n`);
}
