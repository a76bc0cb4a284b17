import { Command, InvalidArgumentError } from 'commander';
import type { ExecutionStatus } from '#dispatch';
import type { Cli } from '../cli.js';
import { CONFIG_OPTION, isoTime, wholeNumber } from './options.js';

/** Where the queues are. */
export interface BackendOptions {
  config?: string;
}

export interface QueuesOptions extends BackendOptions {
  json?: boolean;
}

export interface RetryFailedOptions extends BackendOptions {
  workflow?: string;
  code?: string;
  since?: string;
  limit?: number;
  dryRun?: boolean;
}

export interface ExportExecutionsOptions extends BackendOptions {
  status?: ExecutionStatus[];
  workflow?: string;
  since?: string;
}

export interface ImportExecutionsOptions extends BackendOptions {
  dryRun?: boolean;
}

const STATUSES: Record<ExecutionStatus, true> = {
  pending: true,
  running: true,
  completed: true,
  failed: true,
  cancelled: true,
  timed_out: true,
};

export function queuesCommand(cli: Cli): Command {
  const command = new Command('queues')
    .description('Look after queue and executions on Redis (driver bullmq), whether a service runs or not.')
    // What stands behind a command is that command's.
    .enablePositionalOptions()
    .option(...CONFIG_OPTION)
    .option('--json', 'print {queues, executions} as JSON')
    .addHelpText(
      'after',
      `
Works on the Redis that the configuration names (or ORCHESTRA_DRIVER=bullmq and REDIS_URL), and needs no service.

Example:
  orchestra queues --json`,
    )
    .action(async (options: QueuesOptions) => {
      const { showQueues } = await import('../queues/show-queues.js');
      await showQueues(cli, options);
    });
  for (const make of [pauseCommand, resumeCommand, retryFailedCommand, exportCommand, importCommand])
    command.addCommand(make(cli));
  return command;
}

function pauseCommand(cli: Cli): Command {
  return new Command('pause')
    .description('Have no instance begin an execution until resume; those under way go on.')
    .option(...CONFIG_OPTION)
    .addHelpText('after', '\nExample:\n  orchestra queues pause')
    .action(async (_: unknown, command: Command) => {
      const { pauseQueue } = await import('../queues/pause-queue.js');
      await pauseQueue(cli, allOptions<BackendOptions>(command));
    });
}

function resumeCommand(cli: Cli): Command {
  return new Command('resume')
    .description('End a pause.')
    .option(...CONFIG_OPTION)
    .addHelpText('after', '\nExample:\n  orchestra queues resume')
    .action(async (_: unknown, command: Command) => {
      const { resumeQueue } = await import('../queues/pause-queue.js');
      await resumeQueue(cli, allOptions<BackendOptions>(command));
    });
}

function retryFailedCommand(cli: Cli): Command {
  return new Command('retry-failed')
    .description('Run executions that failed or timed out again, from their first incomplete steps.')
    .option(...CONFIG_OPTION)
    .option('--workflow <id>', 'of this workflow only')
    .option('--code <code>', 'that ended with this error only, POOL_UNAVAILABLE for instance')
    .option('--since <time>', 'that ended then or later only', isoTime)
    .option('--limit <count>', 'how many at most, the latest submitted first', wholeNumber(1, 1_000_000))
    .option('--dry-run', 'tell which it would be')
    .addHelpText(
      'after',
      `
Prints a line for each: its id, its workflow and its error.

Example:
  orchestra queues retry-failed --code POOL_UNAVAILABLE --since 2026-01-31T12:00:00Z --dry-run`,
    )
    .action(async (_: unknown, command: Command) => {
      const { retryFailed } = await import('../queues/retry-failed.js');
      await retryFailed(cli, allOptions<RetryFailedOptions>(command));
    });
}

function exportCommand(cli: Cli): Command {
  return new Command('export')
    .description('Write executions with all that is kept of them, a line of JSON each, oldest first.')
    .argument('<file>', 'where to; - is stdout')
    .option(...CONFIG_OPTION)
    .option('--status <status>', 'of this status only; may be repeated', addStatus)
    .option('--workflow <id>', 'of this workflow only')
    .option('--since <time>', 'submitted then or later only', isoTime)
    .addHelpText(
      'after',
      `
The file is there when it is whole, and before it is not. It holds inputs and outputs: keep it as safe as Redis.

Example:
  orchestra queues export - --status failed | gzip > failed.ndjson.gz`,
    )
    .action(async (file: string, _: unknown, command: Command) => {
      const { exportExecutions } = await import('../queues/export-executions.js');
      cli.exitCode = await exportExecutions(cli, file, allOptions<ExportExecutionsOptions>(command));
    });
}

function importCommand(cli: Cli): Command {
  return new Command('import')
    .description('Write executions of an export that are not here yet; what was not finished goes on here.')
    .argument('<file>', 'an export; - is stdin')
    .option(...CONFIG_OPTION)
    .option('--dry-run', 'check every line, and write nothing')
    .addHelpText(
      'after',
      `
May be repeated: what is here already is left as it is. Lines that are refused are told with their number, and the
others are read; then it ends with 1.

Example:
  orchestra queues import executions.ndjson --dry-run`,
    )
    .action(async (file: string, _: unknown, command: Command) => {
      const { importExecutions } = await import('../queues/import-executions.js');
      cli.exitCode = await importExecutions(cli, file, allOptions<ImportExecutionsOptions>(command));
    });
}

/** With the options that stand before the command: `queues --config file pause`. */
function allOptions<T extends object>(command: Command): T {
  return command.optsWithGlobals<T>();
}

function addStatus(text: string, before: readonly ExecutionStatus[] = []): ExecutionStatus[] {
  if (Object.hasOwn(STATUSES, text)) return [...before, text as ExecutionStatus];
  throw new InvalidArgumentError(`It must be one of ${Object.keys(STATUSES).join(', ')}.`);
}
