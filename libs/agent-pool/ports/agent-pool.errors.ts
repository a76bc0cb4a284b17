import { OrchestraError } from '#core';

/**
 * - `CAPABILITY_UNKNOWN`: no pool has that capability.
 * - `CAPABILITY_DUPLICATE`: a pool of that capability is there already.
 * - `POOL_CLOSED`: the pool is closing or closed.
 * - `TOO_MANY_WAITERS`: `maxWaiters` leases are waiting already; retryable.
 */
export type AgentPoolErrorCode =
  'CAPABILITY_UNKNOWN' | 'CAPABILITY_DUPLICATE' | 'POOL_CLOSED' | 'TOO_MANY_WAITERS';

export class AgentPoolError extends OrchestraError<AgentPoolErrorCode> {}
