import type { z } from 'zod';

/** The schemas that the document names and refers to; every other one stands where it is used. */
const COMPONENTS = new Map<z.ZodType, string>();

/** Names a schema in the document. It has one name, and the name one schema. */
export function component<S extends z.ZodType>(name: string, schema: S): S {
  COMPONENTS.set(schema, name);
  return schema;
}

/** Where the named schemas are in the document. */
export const COMPONENT_PREFIX = '#/components/schemas/';

/** What stands for a named schema in the document. @throws {Error} for one without a name. */
export function referenceTo(schema: z.ZodType): { $ref: string } {
  const name = COMPONENTS.get(schema);
  if (name === undefined) throw new Error('a schema without a name');
  return { $ref: `${COMPONENT_PREFIX}${name}` };
}

/** Schemas and their names, for the document. */
export function namedSchemas(): ReadonlyMap<z.ZodType, string> {
  return COMPONENTS;
}

type Same<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2
    ? unknown
    : 'the schema and the type it describes differ';

/**
 * Names the schema of an answer. It compiles only if the schema describes exactly `T`, so that neither changes without
 * the other.
 */
export function answers<T>() {
  return <S extends z.ZodType>(name: string, schema: S & Same<z.output<S>, T>): S => component(name, schema);
}
