import { EXECUTIONS_QUEUE } from '#dispatch';
import type { JobQueue } from '#queue';
import { SCHEDULES_QUEUE } from '#schedules';
import type { Cli } from '../cli.js';
import type { QueuesOptions } from '../commands/queues.js';
import { printableJson } from '../text/printable.js';
import { formatTable } from '../text/table.js';
import { withBackend } from './open-backend.js';

interface QueueFigures {
  name: string;
  paused: boolean;
  waiting: number;
  delayed: number;
  active: number;
}

/** Prints what is in the queues, and how many executions there are of each status. */
export async function showQueues(cli: Cli, { json = false, ...options }: QueuesOptions): Promise<void> {
  await withBackend(cli, options, async ({ executions, schedules, archive }) => {
    const [counts, ...queues] = await Promise.all([
      archive.counts(),
      figuresOf(EXECUTIONS_QUEUE, executions),
      figuresOf(SCHEDULES_QUEUE, schedules),
    ]);
    if (json) {
      cli.stdout.write(`${printableJson({ queues, executions: counts })}\n`);
      return;
    }
    const { columns } = cli.stdout;
    const headings = ['QUEUE', 'PAUSED', 'WAITING', 'DELAYED', 'ACTIVE'];
    const ofStatus = Object.entries(counts).map(([status, count]) => [status, String(count)]);
    cli.stdout.write(formatTable(headings, queues.map(row), columns));
    cli.stdout.write(`\n${formatTable(['STATUS', 'EXECUTIONS'], ofStatus, columns)}`);
  });
}

async function figuresOf(name: string, queue: JobQueue<unknown>): Promise<QueueFigures> {
  const [paused, { waiting, delayed, active }] = await Promise.all([queue.isPaused(), queue.counts()]);
  return { name, paused, waiting, delayed, active };
}

function row({ name, paused, waiting, delayed, active }: QueueFigures): string[] {
  return [name, paused ? 'yes' : 'no', String(waiting), String(delayed), String(active)];
}
