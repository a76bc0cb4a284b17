import { RE2JS } from 're2js';

/** Patterns are parsed once an expression, but the engine makes a new object each time it evaluates one. */
const compiled = new WeakMap<object, RE2JS>();

/** The pattern in RE2. @throws {Error} for syntax that has no linear-time match: look-around, back-references. */
export function compileRe2(pattern: Readonly<Pick<RegExp, 'source' | 'flags'>>): RE2JS {
  const known = compiled.get(pattern);
  if (known !== undefined) return known;
  const flags =
    (pattern.flags.includes('i') ? RE2JS.CASE_INSENSITIVE : 0) |
    (pattern.flags.includes('m') ? RE2JS.MULTILINE : 0);
  const re2 = RE2JS.compile(RE2JS.translateRegExp(pattern.source), flags);
  compiled.set(pattern, re2);
  return re2;
}

/**
 * What the expression engine needs of a `RegExp` (its `RegexEngine` option): a global one's `exec` and `lastIndex`,
 * matched in time linear in the input.
 */
export class Re2RegExp {
  lastIndex = 0;
  readonly #re2: RE2JS;

  constructor(pattern: RegExp) {
    this.#re2 = compileRe2(pattern);
  }

  /** The next match from `lastIndex`, which moves behind it; null, and `lastIndex` 0, when there is none. */
  exec(input: unknown): ((string | undefined)[] & { index: number }) | null {
    if (typeof input !== 'string') throw new TypeError('a regular expression matches strings only');
    const matcher = this.#re2.matcher(input);
    if (this.lastIndex > input.length || !matcher.find(this.lastIndex)) {
      this.lastIndex = 0;
      return null;
    }
    this.lastIndex = matcher.end();
    const groups = Array.from(
      { length: matcher.groupCount() + 1 },
      (_, group) => matcher.group(group) ?? undefined,
    );
    return Object.assign(groups, { index: matcher.start() });
  }
}
