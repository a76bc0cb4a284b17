import { MAX_JSON_DEPTH, isPlainObject, snapshotDepth, type JsonValue } from '#core';

/**
 * A value as a store keeps it on the heap: what is frozen all the way down is kept as it is, for nobody can change it;
 * of everything else there is a copy. A large document that a thousand executions share is there once, and what is
 * small costs less to copy than to put into text.
 *
 * @returns undefined when the value is not JSON, and `jsonProblems` says why.
 */
export function toKept(value: unknown): JsonValue | undefined {
  return keep(value, 0);
}

/** A kept value for a reader: copies again, but for what is frozen. */
export function fromKept<T extends JsonValue>(kept: T): T;
export function fromKept(kept: JsonValue): JsonValue {
  if (typeof kept !== 'object' || kept === null || Object.isFrozen(kept)) return kept;
  if (Array.isArray(kept)) return kept.map((item) => fromKept(item));
  const copy = { ...kept };
  for (const key in copy) {
    const item = copy[key];
    if (typeof item === 'object' && item !== null && !Object.isFrozen(item))
      setOwn(copy, key, fromKept(item));
  }
  return copy;
}

function keep(value: unknown, depth: number): JsonValue | undefined {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value || 0 : undefined; // JSON has no -0
  if (typeof value !== 'object' || depth >= MAX_JSON_DEPTH) return undefined;
  const levels = snapshotDepth(value);
  if (levels > 0) return depth + levels <= MAX_JSON_DEPTH ? (value as JsonValue) : undefined;
  if (Array.isArray(value)) return keepArray(value, depth + 1);
  return isPlainObject(value) ? keepObject(value, depth + 1) : undefined;
}

function keepArray(items: readonly unknown[], depth: number): JsonValue[] | undefined {
  let same = Object.isFrozen(items);
  const copy: JsonValue[] = [];
  // By index: an iteration would pass over the holes of a sparse array, which read as undefined.
  for (let at = 0; at < items.length; at++) {
    const kept = keep(items[at], depth);
    if (kept === undefined) return undefined;
    same &&= Object.is(kept, items[at]);
    copy.push(kept);
  }
  return same ? (items as JsonValue[]) : copy;
}

function keepObject(value: Record<string, unknown>, depth: number): JsonValue | undefined {
  // One copy by the engine costs less than one made key by key; what it has copied is looked at, not the value.
  let own: Record<string, unknown> = Object.isFrozen(value) ? value : { ...value };
  // The list of keys that `Object.keys` makes would cost more than the look at most of them.
  for (const key in own) {
    if (!Object.hasOwn(own, key)) continue;
    const item = own[key];
    if ((typeof item === 'string' || item === null) && key !== '__proto__') continue;
    const kept = keep(item, depth);
    if (kept === undefined || key === '__proto__') return undefined;
    if (Object.is(kept, item)) continue;
    // What is frozen itself, and holds something that is not, is copied after all.
    if (own === value) own = { ...value };
    own[key] = kept;
  }
  return own as JsonValue;
}

/** Assigning to `__proto__` would change the object's prototype instead of setting a property. */
export function setOwn<V>(object: Record<string, V>, name: string, value: V): void {
  if (name !== '__proto__') object[name] = value;
  else Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
}
