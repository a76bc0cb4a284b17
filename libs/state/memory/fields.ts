/**
 * The fields of one record as JSON text, by name. Few fields are a flat array of name, text, name, text: a `Map` of two
 * takes three times the heap and ten times as long to make, and most records have few.
 */
export type Fields = string[] | Map<string, string>;

/** Up to here a walk over the array is as fast as a `Map`. */
const MAX_FLAT_FIELDS = 8;

/** Sets each name of `pairs` (name, text, name, text) to its text; `fields` itself is changed where it can be. */
export function mergeFields(fields: Fields | undefined, pairs: readonly string[]): Fields {
  // The copy has no spare room, where an array that was pushed to has 17 places at least.
  if (fields === undefined && pairs.length <= MAX_FLAT_FIELDS * 2) return pairs.slice();
  let merged = fields ?? new Map<string, string>();
  for (let at = 0; at < pairs.length; at += 2)
    merged = setField(merged, pairs[at] ?? '', pairs[at + 1] ?? '');
  return merged;
}

function setField(fields: Fields, name: string, text: string): Fields {
  if (!Array.isArray(fields)) return fields.set(name, text);
  const at = placeOf(fields, name);
  if (at >= 0) fields[at + 1] = text;
  else if (fields.length < MAX_FLAT_FIELDS * 2) fields.push(name, text);
  else return new Map(entriesOf(fields)).set(name, text);
  return fields;
}

export function fieldText(fields: Fields, name: string): string | undefined {
  if (!Array.isArray(fields)) return fields.get(name);
  const at = placeOf(fields, name);
  return at < 0 ? undefined : fields[at + 1];
}

export function fieldCount(fields: Fields | undefined): number {
  if (fields === undefined) return 0;
  return Array.isArray(fields) ? fields.length / 2 : fields.size;
}

export function fieldNames(fields: Fields): Iterable<string> {
  return Array.isArray(fields) ? fields.filter((_, at) => at % 2 === 0) : fields.keys();
}

function entriesOf(pairs: readonly string[]): [string, string][] {
  return pairs.flatMap((name, at): [string, string][] => (at % 2 === 0 ? [[name, pairs[at + 1] ?? '']] : []));
}

function placeOf(pairs: readonly string[], name: string): number {
  for (let at = 0; at < pairs.length; at += 2) if (pairs[at] === name) return at;
  return -1;
}
