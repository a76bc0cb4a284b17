import { MAX_KEY_LENGTH } from '../ports/state-store.js';

/** The last name that was found good: the parts of a commit name the same few things again and again. */
let lastGood: unknown;

/**
 * Whether this may name a record, field, index, member, log or list. A lone surrogate may not: it becomes U+FFFD in
 * UTF-8, and two names would meet in one.
 */
export function isName(name: unknown): name is string {
  if (name === lastGood && name !== undefined) return true;
  const isGood =
    typeof name === 'string' &&
    name.length > 0 &&
    name.length <= MAX_KEY_LENGTH &&
    !name.includes('\0') &&
    name.isWellFormed();
  if (isGood) lastGood = name;
  return isGood;
}

export const NAME_RULE = `a name is a well-formed string of 1..${MAX_KEY_LENGTH} characters without NUL`;
