import type { JsonValue } from '#core';

/**
 * The fields of one record, by name. Few fields are a flat array of name, value, name, value: a `Map` of two
 * takes three times the heap and ten times as long to make, and most records have few.
 */
export type Fields = JsonValue[] | Map<string, JsonValue>;

/** Up to here a walk over the array is as fast as a `Map`. */
const MAX_FLAT_FIELDS = 8;

/** Sets each name of `pairs` (name, value, name, value) to its value; `fields` itself is changed where it can be. */
export function mergeFields(fields: Fields | undefined, pairs: readonly JsonValue[]): Fields {
  // The copy has no spare room, where an array that was pushed to has 17 places at least.
  if (fields === undefined && pairs.length <= MAX_FLAT_FIELDS * 2) return pairs.slice();
  let merged = fields ?? new Map<string, JsonValue>();
  for (let at = 0; at < pairs.length; at += 2)
    merged = setField(merged, pairs[at] as string, pairs[at + 1] as JsonValue);
  return merged;
}

function setField(fields: Fields, name: string, value: JsonValue): Fields {
  if (!Array.isArray(fields)) return fields.set(name, value);
  const at = placeOf(fields, name);
  if (at >= 0) fields[at + 1] = value;
  else if (fields.length < MAX_FLAT_FIELDS * 2) fields.push(name, value);
  else return new Map(entriesOf(fields)).set(name, value);
  return fields;
}

/** Undefined when there is no such field. */
export function fieldValue(fields: Fields, name: string): JsonValue | undefined {
  if (!Array.isArray(fields)) return fields.get(name);
  const at = placeOf(fields, name);
  return at < 0 ? undefined : fields[at + 1];
}

export function fieldCount(fields: Fields | undefined): number {
  if (fields === undefined) return 0;
  return Array.isArray(fields) ? fields.length / 2 : fields.size;
}

export function fieldNames(fields: Fields): Iterable<string> {
  return Array.isArray(fields) ? (fields.filter((_, at) => at % 2 === 0) as string[]) : fields.keys();
}

function* entriesOf(pairs: readonly JsonValue[]): Generator<[string, JsonValue]> {
  for (let at = 0; at < pairs.length; at += 2) yield [pairs[at] as string, pairs[at + 1] as JsonValue];
}

function placeOf(pairs: readonly JsonValue[], name: string): number {
  for (let at = 0; at < pairs.length; at += 2) if (pairs[at] === name) return at;
  return -1;
}
