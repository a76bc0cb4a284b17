import { Logger } from '@nestjs/common';
import { Deadline, untilAborted, type Clock, messageOf } from '#core';
import type { Agent } from './ports/agent.js';

/** How long the disposal of one agent is waited for. */
export const DISPOSE_TIMEOUT_MS = 5_000;

const logger = new Logger('AgentPool');

/** Disposes of an agent. Never rejects: what goes wrong, or takes too long, is logged and left behind. */
export async function disposeAgent(agent: Agent, clock: Clock, capability: string): Promise<void> {
  await settleInTime(async () => agent.dispose(), clock, `disposing of an agent of "${capability}"`);
}

/** Waits for the end of work, good or bad, for {@link DISPOSE_TIMEOUT_MS} at most. Never rejects: it logs. */
export async function settleInTime(work: () => Promise<void>, clock: Clock, what: string): Promise<void> {
  // It keeps the process alive: whoever closes the pool waits for this.
  const deadline = new Deadline({ clock, timeoutMs: DISPOSE_TIMEOUT_MS, what: 'it', ref: true });
  try {
    await untilAborted(work(), deadline.signal);
  } catch (error) {
    logger.warn(`${what} failed: ${messageOf(error)}`);
  } finally {
    deadline.dispose();
  }
}
