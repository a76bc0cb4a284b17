import { StateError, type StateErrorCode } from '#state';

/** Whether the store refused for that reason. */
export function isStateError(error: unknown, code: StateErrorCode): boolean {
  return error instanceof StateError && error.code === code;
}
