import { OrchestraError } from '#core';

/**
 * - `CAPABILITY_UNKNOWN`: no pool has that capability.
 * - `CAPABILITY_DUPLICATE`: a pool of that capability is there already.
 * - `POOL_CLOSED`: the pool is closing or closed.
 * - `TOO_MANY_WAITERS`: `maxWaiters` leases are waiting already; retryable.
 * - `POOL_UNAVAILABLE`: the agents of the pool fail too often, or none of them can be made: `details.reason`, and in
 *   `details.retryAfterMs` when it may be otherwise; retryable.
 */
export type AgentPoolErrorCode =
  'CAPABILITY_UNKNOWN' | 'CAPABILITY_DUPLICATE' | 'POOL_CLOSED' | 'TOO_MANY_WAITERS' | 'POOL_UNAVAILABLE';

export class AgentPoolError extends OrchestraError<AgentPoolErrorCode> {}
