import { MAX_JSON_DEPTH, type JsonValue } from '#core';
import { MAX_VALUE_SIZE } from './expression-limits.js';
import { ExpressionTimeoutError } from './expression.errors.js';

/** Values copied between two looks at the clock. */
const VALUES_PER_LOOK = 1_024;

/**
 * A plain copy of a JSON value, sharing nothing with it: what the expression engine adds to arrays is gone, as are
 * object properties that are undefined.
 *
 * @param endsAt by when it must be done, on the clock of `performance.now()`; a value may use one part of it many times
 *   over, and so be far larger than the memory it takes.
 * @throws {TypeError} for what JSON cannot hold; {RangeError} for what is too deep, or larger than `MAX_VALUE_SIZE`;
 *   {ExpressionTimeoutError}.
 */
export function copyJson(value: unknown, endsAt: number): JsonValue {
  return typeof value === 'object' && value !== null ? new Copier(endsAt).copy(value, 0) : copyScalar(value);
}

class Copier {
  readonly #endsAt: number;
  #left = MAX_VALUE_SIZE;
  #values = 0;

  constructor(endsAt: number) {
    this.#endsAt = endsAt;
  }

  copy(value: unknown, depth: number): JsonValue {
    if (++this.#values % VALUES_PER_LOOK === 0 && performance.now() > this.#endsAt) {
      throw new ExpressionTimeoutError('the value is too large to be copied in time');
    }
    this.#spend(typeof value === 'string' ? value.length + 1 : 1);
    if (typeof value !== 'object' || value === null) return copyScalar(value);
    if (depth >= MAX_JSON_DEPTH)
      throw new RangeError(`the value is nested deeper than ${MAX_JSON_DEPTH} levels`);
    if (Array.isArray(value)) return this.#copyArray(value, depth + 1);
    return this.#copyObject(value as Record<string, unknown>, depth + 1);
  }

  #copyArray(items: readonly unknown[], depth: number): JsonValue[] {
    const result: JsonValue[] = [];
    for (const item of items) result.push(this.copy(item, depth));
    return result;
  }

  #copyObject(value: Record<string, unknown>, depth: number): JsonValue {
    if (isEngineFunction(value)) throw new TypeError('a function is not a JSON value');
    const result: Record<string, JsonValue> = {};
    for (const key of Object.keys(value)) {
      const item = value[key];
      if (item === undefined) continue;
      if (key === '__proto__') throw new TypeError('the key __proto__ is not allowed');
      this.#spend(key.length);
      result[key] = this.copy(item, depth);
    }
    return result;
  }

  #spend(size: number): void {
    this.#left -= size;
    if (this.#left < 0) throw new RangeError(`the value is larger than ${MAX_VALUE_SIZE} characters`);
  }
}

function copyScalar(value: unknown): JsonValue {
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value === 'string') {
    if (value.length > MAX_VALUE_SIZE)
      throw new RangeError(`the value is larger than ${MAX_VALUE_SIZE} characters`);
    return value;
  }
  if (typeof value !== 'number') throw new TypeError(`${nameOf(value)} is not a JSON value`);
  if (!Number.isFinite(value)) throw new TypeError(`${value} is not a JSON number`);
  return value === 0 ? 0 : value; // JSON has no -0
}

function nameOf(value: unknown): string {
  return value === undefined ? 'undefined' : `a ${typeof value}`;
}

/** Lambdas and built-ins of the engine are objects with one of these marks. */
function isEngineFunction(value: object): boolean {
  return '_jsonata_function' in value || '_jsonata_lambda' in value;
}
