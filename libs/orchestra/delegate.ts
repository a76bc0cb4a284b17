import { z } from 'zod';

/**
 * What `schema` makes of a value, for a transform that finds out only on the way which schema applies. Its problems
 * become those of the transform.
 */
export function delegate<S extends z.ZodType>(
  context: z.RefinementCtx,
  schema: S,
  value: unknown,
): z.output<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  // Raw issues have an input as well, for making messages; these have theirs.
  context.issues.push(...(parsed.error.issues as z.core.$ZodRawIssue[]));
  return z.NEVER;
}
