import type { z } from 'zod';
import type { Problem } from '../errors/validation-error.js';
import { formatPath, toProblems } from './problem-list.js';

export type ParsedShape<T> = { data: T } | { problems: readonly Problem[] };

/**
 * What `schema` makes of `value`, whatever it is.
 *
 * zod itself throws for some: it asks even an object for its length, and `{"length": {"valueOf": 1, "toString": 1}}`,
 * which is JSON, cannot be compared with a number.
 *
 * @param path where the value stands; starts the path of each problem. Default: nothing.
 */
export function parseShape<S extends z.ZodType>(
  schema: S,
  value: unknown,
  path: readonly PropertyKey[] = [],
): ParsedShape<z.output<S>> {
  try {
    const parsed = schema.safeParse(value);
    return parsed.success ? { data: parsed.data } : { problems: toProblems(parsed.error.issues, path) };
  } catch (error) {
    return { problems: [{ path: formatPath(path), message: `cannot be checked: ${String(error)}` }] };
  }
}
