import { z } from 'zod';
import { COMPONENT_PREFIX, namedSchemas, referenceTo } from './components.js';

export type JsonSchema = Record<string, unknown>;

/** Whether schemas describe what is sent to the service, or what it answers. */
export type Direction = 'request' | 'answer';

/**
 * The JSON Schemas (draft 2020-12) of zod schemas, all converted at once: a named one becomes a reference wherever it is
 * used, and a component.
 */
export class JsonSchemas {
  readonly #direction: Direction;
  readonly #converted: Record<string, JsonSchema>;
  readonly #names: Map<z.ZodType, string>;
  readonly #used = new Set<string>();

  constructor(direction: Direction, schemas: Iterable<z.ZodType>) {
    this.#direction = direction;
    this.#names = new Map(namedSchemas());
    for (const schema of schemas)
      if (!this.#names.has(schema)) this.#names.set(schema, `inline-${this.#names.size}`);
    const registry = z.registry<{ id: string }>();
    for (const [schema, id] of this.#names) registry.add(schema, { id });
    this.#converted = z.toJSONSchema(registry, {
      io: direction === 'request' ? 'input' : 'output',
      uri: (id) => `${COMPONENT_PREFIX}${id}`,
      // What JSON Schema cannot express says in its `meta` what to show.
      unrepresentable: 'any',
      override: ({ jsonSchema }) => this.#adapt(jsonSchema),
    }).schemas;
  }

  /** A reference to a named schema, any other as it is. */
  of(schema: z.ZodType): JsonSchema {
    const name = this.#names.get(schema);
    if (name === undefined) throw new Error('a schema that was not given');
    const json = namedSchemas().has(schema) ? referenceTo(schema) : this.#at(name);
    this.#use(json);
    return json;
  }

  /** The components that were referred to so far, and those they refer to. */
  components(): Record<string, JsonSchema> {
    return Object.fromEntries([...this.#used].map((name) => [name, this.#at(name)]));
  }

  #at(name: string): JsonSchema {
    // An id would be the base of every reference below it.
    const json = { ...this.#converted[name] };
    delete json.$schema;
    delete json.$id;
    return json;
  }

  #use(json: unknown): void {
    if (typeof json !== 'object' || json === null) return;
    const { $ref } = json as JsonSchema;
    const name = typeof $ref === 'string' ? $ref.slice(COMPONENT_PREFIX.length) : undefined;
    if (name !== undefined && !this.#used.has(name)) {
      this.#used.add(name);
      this.#use(this.#at(name));
    }
    for (const value of Object.values(json)) this.#use(value);
  }

  #adapt(json: JsonSchema): void {
    // Unknown keys of a request are refused; an answer may get further ones, which clients are to ignore.
    if (this.#direction === 'answer' && json.additionalProperties === false) delete json.additionalProperties;
    // What zod says beside what JSON Schema says already, or of every integer without a bound of its own.
    if (json.format === 'date-time') delete json.pattern;
    if (JSON.stringify(json.propertyNames) === '{"type":"string"}') delete json.propertyNames;
    if (json.maximum === Number.MAX_SAFE_INTEGER) delete json.maximum;
    if (json.minimum === Number.MIN_SAFE_INTEGER) delete json.minimum;
    if (isEmpty(json.additionalProperties)) json.additionalProperties = true;
  }
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}
