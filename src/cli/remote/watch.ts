import type { Execution } from '#dispatch';
import { FAILED, type Cli } from '../cli.js';
import type { WatchOptions } from '../commands/watch.js';
import { CliError } from '../cli-error.js';
import { createDisplay } from '../progress/display.js';
import { follow } from '../progress/follow.js';
import { reportEnd } from '../progress/report-end.js';
import { printable } from '../text/printable.js';
import { executionSchema } from './api-answers.js';
import { ApiClient, executionPath } from './api-client.js';
import { ApiError } from './api-error.js';
import { executionEvents } from './event-stream.js';

/** Follows an execution of a service to its end. */
export function watch(cli: Cli, executionId: string, options: WatchOptions): Promise<number> {
  return watchExecution(cli, new ApiClient(cli, options), executionId, options);
}

/** The same over a client that is there already. */
export async function watchExecution(
  cli: Cli,
  client: ApiClient,
  executionId: string,
  { json }: { json?: boolean },
): Promise<number> {
  const { interrupts } = cli;
  interrupts.listen();
  const { signal } = interrupts;
  let latest: Execution;
  const get = async () =>
    (latest = await client.call('GET', executionPath(executionId), executionSchema, { signal }));
  try {
    const first = await get();
    const display = createDisplay(cli, { clock: client.clock, aheadMs: client.aheadMs });
    const onReconnect = (message: string): void => display.note(printable(message));
    const source = {
      first,
      events: () => executionEvents({ client, executionId, get, signal, onReconnect }),
      // Asked for once more, it might be gone: a service that shuts down ends with the last execution.
      get: () => Promise.resolve(latest),
    };
    const execution = await follow(source, display).catch(explainLoss);
    return reportEnd(cli, execution, { json });
  } catch (error) {
    if (!signal.aborted) throw error;
    cli.stderr.write(`the execution goes on: orchestra watch ${printable(executionId)}\n`);
    return interrupts.exitCode() ?? FAILED;
  }
}

/** @throws what happened; why, when the service has lost what it had a moment ago. */
function explainLoss(error: unknown): never {
  if (!(error instanceof ApiError) || error.code !== 'EXECUTION_NOT_FOUND') throw error;
  const why =
    'it was there before: a service on the memory driver has forgotten everything when it starts again';
  throw new CliError(`${error.message}\n${why}`, { cause: error });
}
