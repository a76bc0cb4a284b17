import { ValidationError } from '#core';
import type { UnavailableReason } from '#events';
import { AgentPoolError } from './ports/agent-pool.errors.js';
import { MAX_PRIORITY } from './waiters.js';

/** @param capability of the pool that is closed; of all pools without one. */
export function closedError(capability?: string): AgentPoolError {
  return capability === undefined
    ? new AgentPoolError('POOL_CLOSED', 'the agent pool is closed')
    : new AgentPoolError('POOL_CLOSED', `the pool "${capability}" is closed`, { details: { capability } });
}

export function unknownError(capability: string): AgentPoolError {
  return new AgentPoolError('CAPABILITY_UNKNOWN', `there is no pool of capability "${capability}"`, {
    details: { capability },
  });
}

export function duplicateError(capability: string): AgentPoolError {
  return new AgentPoolError('CAPABILITY_DUPLICATE', `there is a pool of capability "${capability}" already`, {
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
