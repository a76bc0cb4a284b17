import type { JsonValue } from '#core';
import { setOwn } from '../commit/kept-value.js';
import { CLAIM_FIELD, MARKER_FIELD } from './record-scripts.js';
import { fromText } from './value-text.js';

type Fields = Record<string, JsonValue>;

/** What a hash holds, as names and texts in turn, as the fields of a record. */
export function fieldsOfPairs(pairs: readonly string[]): Fields {
  const fields: Fields = {};
  for (let at = 0; at + 1 < pairs.length; at += 2) addField(fields, pairs[at], pairs[at + 1]);
  return fields;
}

/** The same of a whole hash; undefined where it is no record. */
export function fieldsOfHash(hash: Readonly<Record<string, string>>): Fields | undefined {
  const names = Object.keys(hash);
  if (names.length === 0 || (names.length === 1 && names[0] === CLAIM_FIELD)) return undefined;
  const fields: Fields = {};
  for (const name of names) addField(fields, name, hash[name]);
  return fields;
}

/** The same of texts that were asked for by name; what the record does not have is null. */
export function fieldsOfTexts(names: readonly string[], texts: readonly (string | null)[]): Fields {
  const fields: Fields = {};
  names.forEach((name, at) => addField(fields, name, texts[at] ?? undefined));
  return fields;
}

function addField(fields: Fields, name: string | undefined, text: string | undefined): void {
  if (name === undefined || text === undefined || name === CLAIM_FIELD || name === MARKER_FIELD) return;
  setOwn(fields, name, fromText(text));
}
