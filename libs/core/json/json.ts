import type { Problem } from '../errors/validation-error.js';
import { formatPath } from '../options/problem-list.js';

export type JsonValue = null | boolean | number | string | JsonValue[] | { [key: string]: JsonValue };
export type JsonObject = Record<string, JsonValue>;

/** Deepest nesting accepted; `JSON.stringify` and every recursive walk stay far from the end of the stack. */
export const MAX_JSON_DEPTH = 100;

/** How many values one may hold; what shares its branches can stand for more than can be walked. */
export const MAX_JSON_VALUES = 10_000_000;

/** How many problems of one value are listed; a million bad numbers need no million lines. */
const MAX_PROBLEMS = 100;

export interface JsonFinding {
  path: PropertyKey[];
  message: string;
}

/**
 * Everything that keeps `value` from surviving a round trip through JSON unchanged: NaN and infinities, undefined (the
 * holes of an array too), BigInt, functions, symbols (as keys too), dates and other class instances, boxed primitives,
 * `toJSON` methods, cycles, a `__proto__` key, nesting beyond {@link MAX_JSON_DEPTH}, what throws when it is read.
 *
 * Two liberties are taken: -0, which comes back as 0, is no problem, and named properties of an array, which JSON drops,
 * are not looked for. Lists 100 problems at most, and none after the first that is nested too deep.
 */
export function jsonProblems(value: unknown, prefix: readonly PropertyKey[] = []): Problem[] {
  return jsonFindings(value).map(({ path, message }) => ({
    path: formatPath([...prefix, ...path]),
    message,
  }));
}

const NONE: readonly JsonFinding[] = [];

/** The same with each path in its parts. */
export function jsonFindings(value: unknown): readonly JsonFinding[] {
  // Most values are simple and sound, and need no walk.
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return NONE;
  return new JsonWalk().findings(value);
}

/** Recursive, for it ends at {@link MAX_JSON_DEPTH}; allocates nothing a value unless there is something to report. */
class JsonWalk {
  readonly #found: JsonFinding[] = [];
  readonly #path: PropertyKey[] = [];
  /** The containers on the way to where the walk is. */
  readonly #above: object[] = [];
  #over = false;
  #visited = 0;

  findings(value: unknown): readonly JsonFinding[] {
    try {
      this.#visit(value);
    } catch {
      this.#report('cannot be read');
    }
    return this.#found;
  }

  #visit(value: unknown): void {
    if (++this.#visited > MAX_JSON_VALUES) {
      this.#report(`more than ${MAX_JSON_VALUES} values`, []);
      this.#over = true;
      return;
    }
    switch (typeof value) {
      case 'string':
      case 'boolean':
        return;
      case 'number':
        if (!Number.isFinite(value)) this.#report(`${value} is not a JSON number`);
        return;
      case 'object':
        if (value !== null) this.#enter(value);
        return;
      default:
        this.#report(`${typeof value} is not a JSON value`);
    }
  }

  #enter(container: object): void {
    if (this.#above.length >= MAX_JSON_DEPTH) {
      this.#tooDeep(container);
      return;
    }
    if (typeof (container as { toJSON?: unknown }).toJSON === 'function') {
      this.#report(
        isPlainObject(container) || Array.isArray(container) ? 'has a toJSON method' : 'not a plain object',
      );
      return;
    }
    this.#above.push(container);
    if (Array.isArray(container)) this.#visitItems(container);
    else if (isPlainObject(container)) this.#visitProperties(container);
    else this.#report('not a plain object');
    this.#above.pop();
  }

  #visitItems(items: readonly unknown[]): void {
    const depth = this.#path.length;
    for (let at = 0; at < items.length && !this.#over; at++) {
      this.#path[depth] = at;
      this.#visit(items[at]);
    }
    this.#path.length = depth;
  }

  #visitProperties(object: Record<string, unknown>): void {
    const depth = this.#path.length;
    const keys = Object.keys(object);
    for (let at = 0; at < keys.length && !this.#over; at++) {
      const key = keys[at] as string;
      this.#path[depth] = key;
      if (key === '__proto__') this.#report('the key __proto__ is not allowed');
      else this.#visit(object[key]);
    }
    for (const symbol of Object.getOwnPropertySymbols(object)) {
      if (this.#over) break;
      this.#path[depth] = symbol;
      if (Object.prototype.propertyIsEnumerable.call(object, symbol))
        this.#report('a symbol is not a JSON key');
    }
    this.#path.length = depth;
  }

  /** Ends the walk: what refers to itself twice over has more paths than can be walked. */
  #tooDeep(container: object): void {
    const chain = [...this.#above, container];
    const again = chain.findIndex((item, at) => chain.indexOf(item) < at);
    if (again === -1) this.#report(`nested deeper than ${MAX_JSON_DEPTH} levels`);
    else this.#report('refers to itself', this.#path.slice(0, again));
    this.#over = true;
  }

  #report(message: string, path: readonly PropertyKey[] = this.#path): void {
    if (this.#found.push({ path: [...path], message }) >= MAX_PROBLEMS) this.#over = true;
  }
}

export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return (
    prototype === Object.prototype || prototype === null || isForeignObjectPrototype(prototype as object)
  );
}

/** `Object.prototype` of another realm (`node:vm`), whose plain objects are plain too. */
function isForeignObjectPrototype(prototype: object): boolean {
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, 'isPrototypeOf');
}
