import { MAX_JSON_DEPTH, isPlainObject, type JsonValue } from '#core';

/** The JSON text of a value; undefined when it is none, and `jsonProblems` says why. */
export function toJsonText(value: unknown): string | undefined {
  return isJson(value, 0) ? JSON.stringify(value) : undefined;
}

export function parseJsonText(text: string): JsonValue {
  return JSON.parse(text) as JsonValue;
}

/**
 * Whether `jsonProblems` would find nothing. It lists every problem and allocates a node a value for that; nearly all
 * values have none, and this answers for them at a tenth of the cost.
 */
function isJson(value: unknown, depth: number): boolean {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true;
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object' || depth >= MAX_JSON_DEPTH) return false;
  if (Array.isArray(value)) {
    // By index: `every` would pass over the holes of a sparse array, which read as undefined.
    for (let at = 0; at < value.length; at++) if (!isJson(value[at], depth + 1)) return false;
    return true;
  }
  if (!isPlainObject(value)) return false;
  for (const key of Object.keys(value)) {
    if (key === '__proto__' || !isJson(value[key], depth + 1)) return false;
  }
  return true;
}
