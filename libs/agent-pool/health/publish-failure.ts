import type { ErrorRecord } from '#core';
import type { OrchestraEventMap, OrchestraEvents } from '#events';
import type { PooledAgent } from '../pooled-agent.js';
import type { NextCreate } from './next-create.js';

export interface AgentFailure {
  reason: OrchestraEventMap['agent.failed']['reason'];
  error: ErrorRecord;
  next: NextCreate;
}

/**
 * Tells of an agent that failed, and of the quarantine that it led to.
 * @param successor the one that is quarantined, where it is another than the one that failed.
 */
export function publishFailure(
  events: OrchestraEvents,
  { agentId, capability }: PooledAgent,
  { reason, error, next }: AgentFailure,
  successor?: PooledAgent,
): void {
  const { retryInMs, quarantined } = next;
  events.publish('agent.failed', { agentId, capability, reason, error, retryInMs });
  if (!quarantined) return;
  events.publish('agent.quarantined', {
    agentId: successor?.agentId ?? agentId,
    capability,
    error,
    retryInMs,
  });
}
