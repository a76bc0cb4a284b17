import type { z } from 'zod';
import type { Cli } from '../cli.js';
import type { ListOptions } from '../commands/list.js';
import { formatDuration } from '../text/duration.js';
import { printable, printableJson } from '../text/printable.js';
import { formatTable } from '../text/table.js';
import { pageSchema, type summarySchema } from './api-answers.js';
import { ApiClient } from './api-client.js';

/** Prints one page of a service's executions. */
export async function list(cli: Cli, options: ListOptions): Promise<void> {
  const { status, workflow: workflowId, limit, cursor, json = false } = options;
  const client = new ApiClient(cli, options);
  const query = { status, workflowId, limit, cursor };
  const page = await client.call('GET', '/v1/executions', pageSchema, { query });
  if (json) {
    cli.stdout.write(`${printableJson(page)}\n`);
    return;
  }
  const headings = ['EXECUTION', 'WORKFLOW', 'STATUS', 'SUBMITTED', 'TOOK', 'ERROR'];
  cli.stdout.write(formatTable(headings, page.items.map(row), cli.stdout.columns));
  if (page.nextCursor !== null) cli.stderr.write(`there are more: --cursor ${printable(page.nextCursor)}\n`);
}

function row(summary: z.output<typeof summarySchema>): string[] {
  const { executionId, workflowId, status, submittedAt, startedAt, finishedAt, error } = summary;
  const took =
    startedAt === null || finishedAt === null
      ? ''
      : formatDuration(Date.parse(finishedAt) - Date.parse(startedAt));
  return [executionId, workflowId, status, submittedAt, took, error?.code ?? ''];
}
