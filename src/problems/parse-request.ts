import { z } from 'zod';
import { ValidationError, parseShape, type Problem } from '#core';

type Schemas = Record<string, z.ZodType>;
type Parts<S extends Schemas> = { [K in keyof S]: z.output<S[K]> };

export type ParsedRequest<S extends Schemas> =
  { parts: Parts<S>; problems?: undefined } | { problems: Problem[] };

/**
 * Parses the parts of a request (path, query, headers, body) each by its schema and gathers what is wrong with all of
 * them, so that a client learns of everything at once.
 */
export function parseParts<S extends Schemas>(
  schemas: S,
  values: Record<keyof S, unknown>,
): ParsedRequest<S> {
  const parts: Partial<Parts<S>> = {};
  const problems: Problem[] = [];
  for (const name of Object.keys(schemas) as (keyof S)[]) {
    const parsed = parseShape(schemas[name] as S[keyof S], values[name]);
    if ('problems' in parsed) problems.push(...parsed.problems);
    else parts[name] = parsed.data;
  }
  return problems.length === 0 ? { parts: parts as Parts<S> } : { problems };
}

/** @throws {ValidationError} with every problem of every part. */
export function parseRequest<S extends Schemas>(schemas: S, values: Record<keyof S, unknown>): Parts<S> {
  const parsed = parseParts(schemas, values);
  if (parsed.problems !== undefined) throw new ValidationError('the request', parsed.problems);
  return parsed.parts;
}

const INTEGER_TEXT = /^(?:0|[1-9]\d*)$/;

/**
 * An integer as a query has it: decimal digits alone, no sign, point, exponent, blank or leading zero. In JSON Schema it
 * is the number that it stands for, as OpenAPI describes parameters.
 */
export function integerText(min: number, max: number) {
  return z
    .custom<string>(
      (value) => typeof value === 'string' && INTEGER_TEXT.test(value),
      'must be a whole number in decimal digits',
    )
    .meta({ type: 'integer', minimum: min, maximum: max })
    .transform(Number)
    .pipe(z.int().min(min).max(max));
}

/** The query of a route that takes none. */
export const noQuerySchema = z.strictObject({});
