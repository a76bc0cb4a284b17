import { OrchestraError } from '#core';

/**
 * - `STALE_ATTEMPT`: the fence's claim is not the latest one of its key; nothing was written.
 * - `ALREADY_EXISTS`: a record that had to be absent is there; nothing was written. `details.key` names it.
 * - `NOT_FOUND`: a record that had to be present is not; nothing was written. `details.key` names it.
 * - `INVALID_COMMIT`: a commit that breaks a bound or holds what JSON cannot carry; nothing was written.
 * - `INVALID_CURSOR`: not a cursor (or log position) that this store issued.
 * - `LIST_FULL`: a list would hold more than `maxListLength`; nothing was written.
 * - `STORE_FULL`: the backend holds as many names as it may, or has no memory left; nothing was written.
 * - `STATE_CLOSED`: the store was closed.
 */
export type StateErrorCode =
  | 'STALE_ATTEMPT'
  | 'ALREADY_EXISTS'
  | 'NOT_FOUND'
  | 'INVALID_COMMIT'
  | 'INVALID_CURSOR'
  | 'LIST_FULL'
  | 'STORE_FULL'
  | 'STATE_CLOSED';

export class StateError extends OrchestraError<StateErrorCode> {}

/** Whether a store refused for that reason. */
export function isStateError(error: unknown, code: StateErrorCode): boolean {
  return error instanceof StateError && error.code === code;
}
