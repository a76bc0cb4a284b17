import { MAX_JSON_DEPTH, idSchema, isPlainObject } from '#core';

/** Every capability that a document asks for, wherever in it. */
export function capabilitiesIn(document: unknown): ReadonlySet<string> {
  const found = new Set<string>();
  collect(document, found, 0);
  return found;
}

function collect(value: unknown, found: Set<string>, depth: number): void {
  if (depth > MAX_JSON_DEPTH) return;
  if (Array.isArray(value)) {
    for (const item of value) collect(item, found, depth + 1);
  } else if (isPlainObject(value)) {
    for (const [key, item] of Object.entries(value)) {
      const capability = key === 'capability' ? idSchema.safeParse(item).data : undefined;
      if (capability === undefined) collect(item, found, depth + 1);
      else found.add(capability);
    }
  }
}
