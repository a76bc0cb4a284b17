import type { OrchestraEventMap } from '#events';

/** Each reason of `agent.failed` in words, to follow the agent's name. */
export const AGENT_FAILURE: Record<OrchestraEventMap['agent.failed']['reason'], string> = {
  create: 'could not be made',
  abandoned: 'ignored an abort and is replaced',
  unhealthy: 'failed its pings and is replaced',
  lost: 'is gone and is replaced',
};
