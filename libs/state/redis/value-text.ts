import { MAX_JSON_DEPTH, isPlainObject, snapshotDepth, type JsonValue } from '#core';
import { sharedTexts } from './shared-texts.js';

/** The JSON text of a value. @returns undefined when the value is not JSON, and `jsonProblems` says why. */
export function toText(value: unknown): string | undefined {
  if (typeof value === 'object' && value !== null) return toObjectText(value);
  switch (typeof value) {
    case 'number':
      return Number.isFinite(value) ? JSON.stringify(value) : undefined;
    case 'string':
    case 'boolean':
    case 'object':
      // Null.
      return JSON.stringify(value);
    default:
      return undefined;
  }
}

export function fromText(text: string): JsonValue {
  return sharedTexts.snapshotOf(text) ?? (JSON.parse(text) as JsonValue);
}

function toObjectText(value: object): string | undefined {
  const isSnapshot = snapshotDepth(value) > 0;
  const known = isSnapshot ? sharedTexts.textOf(value) : undefined;
  if (known !== undefined) return known;
  if (!isJson(value, 0)) return undefined;
  const text = JSON.stringify(value);
  if (isSnapshot) sharedTexts.note(value, text);
  return text;
}

/** Whether the text of a value is all of it. What is a snapshot has been looked at when it was made. */
function isJson(value: unknown, depth: number): boolean {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true;
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object' || depth >= MAX_JSON_DEPTH) return false;
  const levels = snapshotDepth(value);
  if (levels > 0) return depth + levels <= MAX_JSON_DEPTH;
  if (typeof (value as { toJSON?: unknown }).toJSON === 'function') return false;
  if (Array.isArray(value)) return areItems(value, depth + 1);
  return isPlainObject(value) && areProperties(value, depth + 1);
}

function areItems(items: readonly unknown[], depth: number): boolean {
  // By index: an iteration would pass over the holes of a sparse array, which read as undefined.
  for (let at = 0; at < items.length; at++) if (!isJson(items[at], depth)) return false;
  return true;
}

function areProperties(object: Record<string, unknown>, depth: number): boolean {
  for (const key in object) {
    if (!Object.hasOwn(object, key)) continue;
    if (key === '__proto__' || !isJson(object[key], depth)) return false;
  }
  return true;
}
