import { MAX_JSON_DEPTH, MAX_JSON_VALUES, isPlainObject, type JsonValue } from './json.js';

/** A constructor that gives back what it is given: the private fields of a class built on it are put there. */
const Given = function (value: object): object {
  return value;
} as unknown as new (value: object) => object;

/**
 * The mark of a snapshot, kept on the snapshot itself. Nobody outside can see, copy or forge a private field, a proxy
 * does not let it through, and unlike a WeakSet of all snapshots it costs the garbage collector nothing.
 */
class Mark extends Given {
  readonly #levels: number;
  readonly #values: number;

  constructor(snapshot: object, levels: number, values: number) {
    super(snapshot);
    this.#levels = levels;
    this.#values = values;
  }

  static isOn(value: object): boolean {
    return #levels in value;
  }

  /** How deep the snapshot is nested; 0 of what is none. */
  static levels(value: object): number {
    return #levels in value ? value.#levels : 0;
  }

  /** How many values it holds, itself included; 0 of what is none. */
  static values(value: object): number {
    return #values in value ? value.#values : 0;
  }
}

/**
 * A copy of a JSON value that nobody can change: frozen all the way down, and in no way tied to what it was made of. It
 * is what the value's JSON text would be read back as. Of a snapshot, or where one is part of `value`, it is that very
 * snapshot; so what is passed on is copied once.
 *
 * @returns undefined for what is no JSON value; `jsonProblems` lists what is wrong with it.
 */
export function jsonSnapshot(value: unknown): JsonValue | undefined {
  if (typeof value !== 'object' || value === null) return scalar(value);
  if (Mark.isOn(value)) return value as JsonValue;
  try {
    return new Snapshot().of(value);
  } catch {
    // A getter or a proxy that throws.
    return undefined;
  }
}

/** How many levels deep a snapshot is nested; 0 of an object that is none, even if it is frozen all the way down. */
export function snapshotDepth(value: object): number {
  return Mark.levels(value);
}

/** One walk that checks as `jsonProblems` does: whatever it has looked at is read once, and then its own. */
class Snapshot {
  #levels = 0;
  #values = 0;

  of(value: object): JsonValue | undefined {
    const copy = this.#container(value, 1);
    if (copy === undefined) return undefined;
    new Mark(copy, this.#levels, this.#values);
    return Object.freeze(copy) as JsonValue;
  }

  #part(value: unknown, depth: number): JsonValue | undefined {
    if (typeof value !== 'object' || value === null)
      return ++this.#values > MAX_JSON_VALUES ? undefined : scalar(value);
    if (Mark.isOn(value)) return this.#shared(value, depth);
    const copy = this.#container(value, depth);
    return copy === undefined ? undefined : (Object.freeze(copy) as JsonValue);
  }

  #shared(snapshot: object, depth: number): JsonValue | undefined {
    this.#levels = Math.max(this.#levels, depth - 1 + Mark.levels(snapshot));
    this.#values += Mark.values(snapshot);
    return this.#levels > MAX_JSON_DEPTH || this.#values > MAX_JSON_VALUES
      ? undefined
      : (snapshot as JsonValue);
  }

  /** @returns the copy, still to be frozen. */
  #container(value: object, depth: number): object | undefined {
    if (++this.#values > MAX_JSON_VALUES || depth > MAX_JSON_DEPTH) return undefined;
    if (depth > this.#levels) this.#levels = depth;
    if (typeof (value as { toJSON?: unknown }).toJSON === 'function') return undefined;
    if (Array.isArray(value)) return this.#items(value, depth + 1);
    return isPlainObject(value) ? this.#properties(value, depth + 1) : undefined;
  }

  #items(items: readonly unknown[], depth: number): JsonValue[] | undefined {
    const copy: JsonValue[] = [];
    for (let at = 0; at < items.length; at++) {
      const item = this.#part(items[at], depth);
      if (item === undefined) return undefined;
      copy.push(item);
    }
    return copy;
  }

  #properties(object: Record<string, unknown>, depth: number): Record<string, JsonValue> | undefined {
    const copy: Record<string, JsonValue> = {};
    const keys = Object.keys(object);
    for (let at = 0; at < keys.length; at++) {
      const key = keys[at] as string;
      const item = key === '__proto__' ? undefined : this.#part(object[key], depth);
      if (item === undefined) return undefined;
      copy[key] = item;
    }
    return hasSymbolKey(object) ? undefined : copy;
  }
}

/** JSON has no -0. */
function scalar(value: unknown): JsonValue | undefined {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      if (!Number.isFinite(value)) return undefined;
      return value === 0 ? 0 : value;
    case 'object':
      return null;
    default:
      return undefined;
  }
}

function hasSymbolKey(object: object): boolean {
  const symbols = Object.getOwnPropertySymbols(object);
  return (
    symbols.length > 0 && symbols.some((symbol) => Object.prototype.propertyIsEnumerable.call(object, symbol))
  );
}
