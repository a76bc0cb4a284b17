import { FAILED, type Cli } from '../cli.js';
import type { WatchOptions } from '../commands/watch.js';
import { createDisplay } from '../progress/display.js';
import { follow } from '../progress/follow.js';
import { reportEnd } from '../progress/report-end.js';
import { printable } from '../text/printable.js';
import { executionSchema } from './api-answers.js';
import { ApiClient, executionPath } from './api-client.js';
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
  const get = () => client.call('GET', executionPath(executionId), executionSchema, { signal });
  try {
    const first = await get();
    const display = createDisplay(cli, { clock: client.clock, aheadMs: client.aheadMs });
    const onReconnect = (message: string): void => display.note(printable(message));
    const events = () => executionEvents({ client, executionId, signal, onReconnect });
    return reportEnd(cli, await follow({ first, events, get }, display), { json });
  } catch (error) {
    if (!signal.aborted) throw error;
    cli.stderr.write(`the execution goes on: orchestra watch ${printable(executionId)}\n`);
    return interrupts.exitCode() ?? FAILED;
  }
}
