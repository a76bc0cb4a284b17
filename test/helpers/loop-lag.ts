import type { Client } from './client.js';
import { oneStep } from './workflows.js';

/** What nobody who talks to the service may have to wait for, ms. */
export const MAX_LOOP_LAG_MS = 200;

/**
 * The longest time for which the service ran without a turn of its event loop while `work` was done, ms.
 *
 * @param client of a service with the obedient agent as `local`.
 */
export async function loopLag(client: Client, work: () => Promise<void>): Promise<number> {
  await client.run(oneStep('local', { do: 'watch-loop' }));
  await work();
  const { steps } = await client.run(oneStep('local', { do: 'loop-lag' }));
  return (steps.only?.output as { maxMs: number }).maxMs;
}
