import { MAX_KEY_LENGTH } from '../ports/state-store.js';

/**
 * Whether this may name a record, field, index, member, log or list. A lone surrogate may not: it becomes U+FFFD in
 * UTF-8, and two names would meet in one.
 */
export function isName(name: unknown): name is string {
  return (
    typeof name === 'string' &&
    name.length > 0 &&
    name.length <= MAX_KEY_LENGTH &&
    !name.includes('\0') &&
    name.isWellFormed()
  );
}

export const NAME_RULE = `a name is a well-formed string of 1..${MAX_KEY_LENGTH} characters without NUL`;
