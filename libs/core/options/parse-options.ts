import type { z } from 'zod';
import { ValidationError } from '../errors/validation-error.js';
import { parseShape } from './parse-shape.js';

/**
 * Parses `input` by `schema` and freezes the result: the one door for options, configuration and requests.
 *
 * Only the top level is frozen, as its type says: what is below may be the caller's own (an agent factory, a JSON value
 * that is passed through), and freezing that would change it behind his back. For the same reason a schema that hands
 * its input through as it is gets it back unfrozen.
 *
 * @param what names the input in the error, for instance `DispatchModule options`.
 * @throws {ValidationError} listing every problem at once; it names keys and what was expected, never a value.
 */
export function parseOptions<S extends z.ZodType>(
  schema: S,
  input: unknown,
  what: string,
): Readonly<z.output<S>> {
  const parsed = parseShape(schema, input);
  if ('problems' in parsed) throw new ValidationError(what, parsed.problems);
  return parsed.data === input ? parsed.data : Object.freeze(parsed.data);
}
