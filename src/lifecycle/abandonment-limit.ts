import type { INestApplicationContext } from '@nestjs/common';
import { AgentPool } from '#agent-pool';
import { OrchestraEvents } from '#events';

/**
 * Calls `onReached` once when `limit` tasks of this process were given up.
 *
 * A task that ignored its abort may go on for ever, and hold whatever it holds; nothing but the end of the process ends
 * it. Its agent was replaced, so that the work goes on: for so long.
 */
export function limitAbandonedTasks(
  app: INestApplicationContext,
  limit: number,
  onReached: (abandoned: number) => void,
): void {
  const pool = app.get(AgentPool);
  const unsubscribe = app.get(OrchestraEvents, { strict: false }).on('agent.failed', ({ reason }) => {
    if (reason !== 'abandoned') return;
    const abandoned = pool.abandonedTasks;
    if (abandoned < limit) return;
    unsubscribe();
    onReached(abandoned);
  });
}
