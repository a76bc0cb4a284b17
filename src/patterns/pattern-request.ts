import { MAX_ID_LENGTH, isPlainObject } from '#core';
import { PatternError } from './patterns.errors.js';

/** One message of a client that asks for an answer. */
export interface PatternRequest {
  /** Chosen by the client; names the answer. */
  id: string | number;
  pattern: string;
  data: unknown;
}

/** The keys that would be taken for a prototype, or an escape of one of their letters. */
const SUSPECT = /__proto__|constructor|\\u00[4-7]/i;

/**
 * What the text of a message asks for; null for an event, which has no id: nobody could be told what became of it.
 * @throws {PatternError} `MALFORMED_JSON`, `BAD_REQUEST`.
 */
export function parsePatternRequest(text: string): PatternRequest | null {
  const packet = parseJson(text);
  if (!isPlainObject(packet) || typeof packet.pattern !== 'string')
    throw new PatternError('BAD_REQUEST', 'a message is an object with a pattern, which is text');
  const { id, pattern, data } = packet;
  if (id === undefined) return null;
  // It is sent back: a deep one could not be written.
  if (typeof id === 'number' || (typeof id === 'string' && id.length <= MAX_ID_LENGTH))
    return { id, pattern, data };
  throw new PatternError(
    'BAD_REQUEST',
    `the id of a message is a number or at most ${MAX_ID_LENGTH} characters`,
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text, SUSPECT.test(text) ? refusePrototypes : undefined);
  } catch (cause) {
    // Its own message quotes the text.
    throw new PatternError(
      'MALFORMED_JSON',
      'the message is not JSON, or has a forbidden key (__proto__, constructor.prototype)',
      { cause },
    );
  }
}

/** Those that REST refuses. */
function refusePrototypes(key: string, value: unknown): unknown {
  const isForbidden =
    key === '__proto__' ||
    (key === 'constructor' && isPlainObject(value) && Object.hasOwn(value, 'prototype'));
  if (isForbidden) throw new SyntaxError('forbidden key');
  return value;
}
