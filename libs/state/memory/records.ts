import type { JsonValue } from '#core';
import { fromKept } from '../commit/kept-value.js';
import { fieldCount, fieldNames, fieldValue, mergeFields, type Fields } from './fields.js';

/** Records and the claims beside them. */
export class Records {
  readonly #fields = new Map<string, Fields>();
  readonly #claims = new Map<string, number>();
  #mostFields = 0;

  get size(): number {
    return this.#fields.size;
  }

  get claims(): ReadonlyMap<string, number> {
    return this.#claims;
  }

  /** No record has, or ever had, more fields: bounds every record's count without a look at it. */
  get mostFields(): number {
    return this.#mostFields;
  }

  has(key: string): boolean {
    return this.#fields.has(key);
  }

  fieldCount(key: string): number {
    return fieldCount(this.#fields.get(key));
  }

  hasField(key: string, name: string): boolean {
    const fields = this.#fields.get(key);
    return fields !== undefined && fieldValue(fields, name) !== undefined;
  }

  /** @param pairs name, value, name, value. */
  put(key: string, pairs: readonly JsonValue[]): void {
    const fields = this.#fields.get(key);
    const merged = mergeFields(fields, pairs);
    if (merged !== fields) this.#fields.set(key, merged);
    this.#mostFields = Math.max(this.#mostFields, fieldCount(merged));
  }

  delete(key: string): void {
    this.#fields.delete(key);
    this.#claims.delete(key);
  }

  claim(key: string): number {
    const claim = (this.#claims.get(key) ?? 0) + 1;
    this.#claims.set(key, claim);
    return claim;
  }

  get(key: string, only?: readonly string[]): Record<string, JsonValue> | undefined {
    const fields = this.#fields.get(key);
    if (fields === undefined) return undefined;
    const record: Record<string, JsonValue> = {};
    for (const name of only ?? fieldNames(fields)) {
      const kept = fieldValue(fields, name);
      if (kept !== undefined) setOwn(record, name, fromKept(kept));
    }
    return record;
  }

  clear(): void {
    this.#fields.clear();
    this.#claims.clear();
  }
}

/** Assigning to `__proto__` would change the object's prototype instead of setting a field. */
function setOwn(record: Record<string, JsonValue>, name: string, value: JsonValue): void {
  if (name !== '__proto__') record[name] = value;
  else Object.defineProperty(record, name, { value, enumerable: true, configurable: true, writable: true });
}
