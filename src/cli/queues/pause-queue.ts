import type { Cli } from '../cli.js';
import type { BackendOptions } from '../commands/queues.js';
import { withBackend } from './open-backend.js';

/** Has every instance begin no further execution. */
export async function pauseQueue(cli: Cli, options: BackendOptions): Promise<void> {
  await withBackend(cli, options, async ({ executions }) => {
    await executions.pause();
    const { active } = await executions.counts();
    cli.stdout.write(`paused; ${active} under way go on\n`);
  });
}

export async function resumeQueue(cli: Cli, options: BackendOptions): Promise<void> {
  await withBackend(cli, options, async ({ executions }) => {
    await executions.resume();
    const { waiting } = await executions.counts();
    cli.stdout.write(`resumed; ${waiting} waiting\n`);
  });
}
