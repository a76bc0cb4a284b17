import type { JsonValue } from '#core';
import { fromKept, setOwn } from '../commit/kept-value.js';
import { LatestMap } from './latest-map.js';

/** A record, and the claims of its key, which may be there without it. */
interface Entry {
  /** Kept values by name; undefined while there is no record. */
  fields: Record<string, JsonValue> | undefined;
  fieldCount: number;
  /** The latest; 0 before the first. */
  claim: number;
}

/** Records and the claims of their keys. */
export class Records {
  readonly #entries = new LatestMap<Entry>();
  #size = 0;
  #mostFields = 0;

  /** How many records there are. */
  get size(): number {
    return this.#size;
  }

  /** How many keys have a record, a claim or both. */
  get keyCount(): number {
    return this.#entries.size;
  }

  /** No record has, or ever had, more fields: bounds every record's count without a look at it. */
  get mostFields(): number {
    return this.#mostFields;
  }

  has(key: string): boolean {
    return this.#entries.get(key)?.fields !== undefined;
  }

  hasKey(key: string): boolean {
    return this.#entries.get(key) !== undefined;
  }

  fieldCount(key: string): number {
    return this.#entries.get(key)?.fieldCount ?? 0;
  }

  hasField(key: string, name: string): boolean {
    const fields = this.#entries.get(key)?.fields;
    return fields !== undefined && Object.hasOwn(fields, name);
  }

  /** @param fields kept values; the caller gives them away. */
  put(key: string, fields: Record<string, JsonValue>, fieldCount: number): void {
    let entry = this.#entries.get(key);
    if (entry === undefined) {
      entry = { fields, fieldCount, claim: 0 };
      this.#entries.set(key, entry);
      this.#size++;
    } else if (entry.fields === undefined) {
      entry.fields = fields;
      entry.fieldCount = fieldCount;
      this.#size++;
    } else {
      merge(entry, fields);
    }
    this.#mostFields = Math.max(this.#mostFields, entry.fieldCount);
  }

  delete(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    if (entry.fields !== undefined) this.#size--;
    this.#entries.delete(key);
  }

  /** The latest claim of a key; 0 before the first. */
  claimOf(key: string): number {
    return this.#entries.get(key)?.claim ?? 0;
  }

  claim(key: string): number {
    const entry = this.#entries.get(key);
    if (entry !== undefined) return ++entry.claim;
    this.#entries.set(key, { fields: undefined, fieldCount: 0, claim: 1 });
    return 1;
  }

  get(key: string, only?: readonly string[]): Record<string, JsonValue> | undefined {
    const fields = this.#entries.get(key)?.fields;
    if (fields === undefined) return undefined;
    if (only === undefined) return fromKept(fields);
    const picked: Record<string, JsonValue> = {};
    for (const name of only) {
      const kept = Object.hasOwn(fields, name) ? fields[name] : undefined;
      if (kept !== undefined) setOwn(picked, name, fromKept(kept));
    }
    return picked;
  }

  clear(): void {
    this.#entries.clear();
    this.#size = 0;
  }
}

function merge(entry: Entry, fields: Record<string, JsonValue>): void {
  const own = (entry.fields ??= {});
  for (const name in fields) {
    if (!Object.hasOwn(fields, name)) continue;
    if (!Object.hasOwn(own, name)) entry.fieldCount++;
    setOwn(own, name, fields[name] as JsonValue);
  }
}
