import { ValidationError } from '#core';
import type { UnavailableReason } from '#events';
import { AgentPoolError } from './ports/agent-pool.errors.js';
import { MAX_PRIORITY } from './waiters.js';

export function closedError(capability: string): AgentPoolError {
  return new AgentPoolError('POOL_CLOSED', `the pool "${capability}" is closed`, {
    details: { capability },
  });
}

export function tooManyWaitersError(capability: string, maxWaiters: number): AgentPoolError {
  return new AgentPoolError('TOO_MANY_WAITERS', `${maxWaiters} leases of "${capability}" wait already`, {
    retryable: true,
    details: { capability, maxWaiters },
  });
}

export function unavailableError(
  capability: string,
  reason: UnavailableReason,
  retryAfterMs: number,
): AgentPoolError {
  const why = reason === 'failures' ? 'its agents fail too often' : 'none of its agents can be made';
  return new AgentPoolError('POOL_UNAVAILABLE', `the pool "${capability}" is unavailable: ${why}`, {
    retryable: true,
    details: { capability, reason, retryAfterMs },
  });
}

export function priorityError(): ValidationError {
  const message = `must be an integer from 0 to ${MAX_PRIORITY}`;
  return new ValidationError('lease options', [{ path: 'priority', message }]);
}
