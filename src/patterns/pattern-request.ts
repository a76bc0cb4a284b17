import { MAX_ID_LENGTH, isPlainObject } from '#core';
import { PatternError } from './patterns.errors.js';

/** One message of a client that asks for an answer. */
export interface PatternRequest {
  /** Chosen by the client; names the answer. */
  id: string | number;
  /** As it came: Nest's clients send objects too, where an application names its patterns so. */
  pattern: unknown;
  data: unknown;
  /** Why it is refused, where that is known already. */
  refusal?: PatternError;
}

/** The keys that would be taken for a prototype, or an escape of one of their letters. */
const SUSPECT = /__proto__|constructor|\\u00[4-7]/i;

/**
 * What the text of a message asks for; null for an event, which has no id: nobody could be told what became of it.
 * What is wrong with a message that has an id is its refusal: a client shares its connection among many callers.
 * @throws {PatternError} `MALFORMED_JSON`, `BAD_REQUEST`.
 */
export function parsePatternRequest(text: string): PatternRequest | null {
  const { packet, refusal } = parseJson(text);
  if (!isPlainObject(packet) || !('pattern' in packet))
    throw new PatternError('BAD_REQUEST', 'a message is an object with a pattern');
  const { id, pattern, data } = packet;
  if (id === undefined) return null;
  // It is sent back: a deep one could not be written.
  if (typeof id === 'number' || (typeof id === 'string' && id.length <= MAX_ID_LENGTH))
    return { id, pattern, data, refusal };
  throw new PatternError(
    'BAD_REQUEST',
    `the id of a message is a number or at most ${MAX_ID_LENGTH} characters`,
  );
}

function parseJson(text: string): { packet: unknown; refusal?: PatternError } {
  let refusal: PatternError | undefined;
  const dropForbidden = (key: string, value: unknown): unknown => {
    if (!isForbidden(key, value)) return value;
    refusal = new PatternError(
      'MALFORMED_JSON',
      'the message has a forbidden key (__proto__, constructor.prototype)',
    );
    return undefined;
  };
  try {
    const packet: unknown = JSON.parse(text, SUSPECT.test(text) ? dropForbidden : undefined);
    return { packet, refusal };
  } catch (cause) {
    // Its own message quotes the text.
    throw new PatternError('MALFORMED_JSON', 'the message is not JSON', { cause });
  }
}

/** Those that REST refuses. */
function isForbidden(key: string, value: unknown): boolean {
  return (
    key === '__proto__' ||
    (key === 'constructor' && isPlainObject(value) && Object.hasOwn(value, 'prototype'))
  );
}
