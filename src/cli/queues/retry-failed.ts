import {
  DispatchError,
  type ExecutionStatus,
  type ExecutionSummary,
  type WorkflowDispatcher,
} from '#dispatch';
import { OK, type Cli } from '../cli.js';
import type { RetryFailedOptions } from '../commands/queues.js';
import { printable } from '../text/printable.js';
import { withBackend } from './open-backend.js';

/** Those that somebody cancelled were meant to end. */
const STATUSES = ['failed', 'timed_out'] as const satisfies readonly ExecutionStatus[];

const PAGE = 100;

/**
 * Runs executions that failed again, those asked for, each once: one that fails once more meanwhile is left alone.
 * @throws {QueueError} `QUEUE_FULL` when no more may wait; what was retried by then is told.
 */
export async function retryFailed(cli: Cli, options: RetryFailedOptions): Promise<void> {
  const { dryRun = false, limit = Number.POSITIVE_INFINITY } = options;
  const { interrupts, stdout, stderr } = cli;
  interrupts.listen();
  let done = 0;
  try {
    await withBackend(cli, options, async ({ dispatcher }) => {
      for await (const execution of failedOf(dispatcher, options)) {
        if (done >= limit || interrupts.signal.aborted) return;
        if (!dryRun && !(await retry(dispatcher, execution))) continue;
        done++;
        stdout.write(`${lineOf(execution)}\n`);
      }
    });
  } finally {
    stderr.write(`${done} ${dryRun ? 'would run again' : 'run again'}\n`);
  }
  cli.exitCode = interrupts.exitCode() ?? OK;
}

async function* failedOf(
  dispatcher: WorkflowDispatcher,
  { workflow: workflowId, code, since = '' }: RetryFailedOptions,
): AsyncGenerator<ExecutionSummary> {
  const seen = new Set<string>();
  for (const status of STATUSES) {
    let cursor: string | undefined;
    do {
      const page = await dispatcher.list({ status, workflowId, cursor, limit: PAGE });
      for (const execution of page.items) {
        const { executionId, error, finishedAt } = execution;
        const isWanted = (code === undefined || error?.code === code) && (finishedAt ?? '') >= since;
        if (!isWanted || seen.has(executionId)) continue;
        seen.add(executionId);
        yield execution;
      }
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
  }
}

/** @returns false when somebody else did it, or it is gone. */
async function retry(dispatcher: WorkflowDispatcher, { executionId }: ExecutionSummary): Promise<boolean> {
  try {
    await dispatcher.retry(executionId);
    return true;
  } catch (error) {
    const passed = ['EXECUTION_NOT_RETRYABLE', 'EXECUTION_NOT_FOUND'];
    if (error instanceof DispatchError && passed.includes(error.code)) return false;
    throw error;
  }
}

function lineOf({ executionId, workflowId, error }: ExecutionSummary): string {
  return [executionId, workflowId, error?.code ?? ''].map(printable).join('  ');
}
