import { MAX_VALUE_SIZE } from './expression-limits.js';

type Implementation = (...args: never[]) => unknown;

/** A built-in function as the engine keeps it: one object for all expressions of the process. */
export interface BuiltIn {
  _jsonata_function: true;
  implementation: Implementation;
  signature?: object;
}

/** Where the engine's source names its built-ins; nothing else lists them. */
const REGISTRATION = /staticFrame\.bind\('(\w+)'/g;

/**
 * Makes the engine's built-ins safe to share: bounds those that allocate natively, in one call that no watch can
 * interrupt, and seals all of them.
 *
 * Unsealed, the transform operator would let an expression rewrite them for everybody: `$x ~> |$sum|{"implementation": 1}|`.
 * `token` and `position` stay writable: the engine notes there which call is under way.
 *
 * @returns `$now` and `$millis`, which the engine otherwise keeps with each parsed expression, unsealed.
 */
export function guardBuiltIns(
  engineSource: string,
  lookup: (name: string) => BuiltIn,
  startedMs: () => number,
): Record<'now' | 'millis', BuiltIn> {
  const builtIns = new Map<string, BuiltIn>();
  for (const [, name] of engineSource.matchAll(REGISTRATION)) {
    if (name !== undefined) builtIns.set(name, lookup(name));
  }
  const pad = builtIns.get('pad');
  const join = builtIns.get('join');
  const fromMillis = builtIns.get('fromMillis')?.implementation as
    ((ms: number, picture?: string, timezone?: string) => string) | undefined;
  if (pad === undefined || join === undefined || fromMillis === undefined)
    throw new Error('jsonata has changed its built-ins');
  pad.implementation = boundedPad(pad.implementation as Pad);
  join.implementation = boundedJoin(join.implementation as Join);
  const now = (picture?: string, timezone?: string): string => fromMillis(startedMs(), picture, timezone);
  const clock = {
    now: { ...lookup('now'), implementation: now },
    millis: { ...lookup('millis'), implementation: startedMs },
  };
  for (const builtIn of [...builtIns.values(), clock.now, clock.millis]) seal(builtIn);
  return clock;
}

type Pad = (str: string | undefined, width: number, char?: string) => string | undefined;
type Join = (strs: readonly string[] | undefined, separator?: string) => string | undefined;

/** The parameters keep their names and number: the engine reads both from the function. */
function boundedPad(pad: Pad): Pad {
  return function (str, width, char) {
    refuseLonger(Math.abs(width) * Math.max(1, char?.length ?? 1));
    return pad(str, width, char);
  };
}

function boundedJoin(join: Join): Join {
  return function (strs, separator) {
    let length = 0;
    for (const text of strs ?? []) length += text.length + (separator?.length ?? 0);
    refuseLonger(length);
    return join(strs, separator);
  };
}

function refuseLonger(length: number): void {
  if (length > MAX_VALUE_SIZE)
    throw new RangeError(`a string would be longer than ${MAX_VALUE_SIZE} characters`);
}

function seal(builtIn: BuiltIn): void {
  for (const key of ['_jsonata_function', 'implementation', 'signature'] as const) {
    Object.defineProperty(builtIn, key, { writable: false });
  }
  Object.defineProperties(builtIn, {
    token: { value: undefined, writable: true },
    position: { value: undefined, writable: true },
  });
  Object.seal(builtIn);
}
