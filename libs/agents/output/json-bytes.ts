import { MAX_JSON_DEPTH, isPlainObject } from '#core/plain';

/** How many bytes a string and a number take as JSON. */
interface Ruler {
  string(text: string): number;
  number(value: number): number;
}

/** Never too little, at no cost: a UTF-16 unit takes 6 bytes at most (`\\u0000`), a number 24 characters. */
const atMost: Ruler = {
  string: (text) => 6 * text.length + 2,
  number: () => 24,
};

const exactly: Ruler = {
  string: (text) => Buffer.byteLength(JSON.stringify(text)),
  number: (value) => JSON.stringify(value).length,
};

export type JsonFit = 'fits' | 'too-large' | 'not-json';

/**
 * Whether `value` is a JSON value of at most `maxBytes`.
 *
 * The first walk counts generously and needs no string of the whole; only what may be too large is measured. Both end
 * as soon as the bytes are used up, so that neither a huge value nor one that refers to itself can hold them up.
 */
export function fitJson(value: unknown, maxBytes: number): JsonFit {
  const generous = bytesLeft(value, maxBytes, 0, atMost);
  if (generous >= 0) return 'fits';
  const left = bytesLeft(value, maxBytes, 0, exactly);
  if (left >= 0) return 'fits';
  return left < 0 ? 'too-large' : 'not-json';
}

/** What is left of `left` bytes after `value`: negative when it is over, NaN when it is not JSON. */
function bytesLeft(value: unknown, left: number, depth: number, ruler: Ruler): number {
  if (typeof value === 'string') return left - ruler.string(value);
  if (typeof value === 'number') return Number.isFinite(value) ? left - ruler.number(value) : Number.NaN;
  if (value === null || value === true) return left - 4;
  if (value === false) return left - 5;
  if (typeof value !== 'object' || depth >= MAX_JSON_DEPTH) return Number.NaN;
  return Array.isArray(value)
    ? bytesLeftAfterArray(value, left, depth, ruler)
    : bytesLeftAfterObject(value, left, depth, ruler);
}

function bytesLeftAfterArray(items: readonly unknown[], left: number, depth: number, ruler: Ruler): number {
  let rest = left - bracketsAndCommas(items.length);
  for (let i = 0; i < items.length && rest >= 0; i++) rest = bytesLeft(items[i], rest, depth + 1, ruler);
  return rest;
}

function bytesLeftAfterObject(value: object, left: number, depth: number, ruler: Ruler): number {
  if (!isPlainObject(value)) return Number.NaN;
  const keys = Object.keys(value);
  let rest = left - bracketsAndCommas(keys.length);
  for (let i = 0; i < keys.length && rest >= 0; i++) {
    const key = keys[i] as string;
    if (key === '__proto__') return Number.NaN;
    rest = bytesLeft(value[key], rest - ruler.string(key) - 1, depth + 1, ruler);
  }
  return rest;
}

function bracketsAndCommas(count: number): number {
  return 2 + Math.max(0, count - 1);
}
