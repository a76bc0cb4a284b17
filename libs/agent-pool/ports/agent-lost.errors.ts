import { OrchestraError, messageOf } from '#core';

/**
 * To be thrown by the `execute` of an agent that is gone for good, its process ended for instance, and cannot bring
 * itself back: its tasks fail at once, instead of when its pings have failed, and the pool makes another in its place
 * after a back-off, or a quarantine when that happens too often (`restart`). Retryable.
 */
export class AgentGoneError extends OrchestraError<'AGENT_LOST'> {
  constructor(message: string, options: ErrorOptions = {}) {
    super('AGENT_LOST', message, { ...options, retryable: true });
  }
}

/** What the tasks of an agent fail with when it is lost under them. They may have run. Retryable. */
export class AgentLostError extends OrchestraError<'AGENT_LOST'> {
  constructor(agentId: string, cause: unknown) {
    super('AGENT_LOST', `agent ${agentId} was lost: ${messageOf(cause)}`, {
      retryable: true,
      cause,
      details: { agentId },
    });
  }
}
