import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { createParser } from 'eventsource-parser';
import type { Answer } from './client.js';

/** Whatever the document holds at that place. */
export type Json = ReturnType<typeof JSON.parse>;

export interface ApiOperation {
  id: string;
  method: string;
  path: string;
  /** With every reference to a parameter, body or response resolved; schemas keep theirs. */
  object: Json;
}

/** A request as an example has it. */
export interface ApiRequest {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: unknown;
}

/** Reads an OpenAPI document, and holds answers against it. */
export class ApiDocument {
  readonly #ajv = new Ajv2020({
    strict: true,
    strictTypes: false,
    strictRequired: false,
    allowUnionTypes: true,
    allErrors: true,
  });
  readonly #validators = new Map<string, ValidateFunction>();

  constructor(readonly json: Json) {
    addFormats.default(this.#ajv);
    // Where the references of a schema lead to when it is compiled by itself.
    this.#ajv.addKeyword('components');
  }

  get operations(): ApiOperation[] {
    return Object.entries<Json>(this.json.paths).flatMap(([path, item]) =>
      Object.entries<Json>(item).map(([method, operation]) => ({
        id: operation.operationId as string,
        method: method.toUpperCase(),
        path,
        object: {
          ...operation,
          responses: Object.fromEntries(
            Object.entries<Json>(operation.responses).map(([status, response]) => [
              status,
              this.resolve(response),
            ]),
          ),
        },
      })),
    );
  }

  /** What a `$ref` stands for. @throws when it leads nowhere. */
  resolve(value: Json): Json {
    if (typeof value?.$ref !== 'string') return value;
    const [base, ...keys] = value.$ref.split('/') as string[];
    const target = keys.reduce<Json>((at, key) => at?.[key], this.json);
    if (base !== '#' || target === undefined) throw new Error(`${value.$ref} leads nowhere`);
    return target;
  }

  /** Problems of a value, by the schema. Objects of an answer may hold nothing that their schema does not name. */
  check(schema: Json, value: unknown, { closed = true } = {}): string[] {
    const key = `${closed} ${JSON.stringify(schema)}`;
    const whole = { ...schema, components: this.json.components };
    const validate =
      this.#validators.get(key) ?? this.#ajv.compile((closed ? closedObjects(whole) : whole) as object);
    this.#validators.set(key, validate);
    validate(value);
    return (validate.errors ?? []).map(
      ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
    );
  }

  /** What the document does not say of an answer: its status, media type, headers, body. */
  undocumented({ object }: ApiOperation, { status, headers, json, text }: Answer): string[] {
    const response = object.responses[status];
    if (response === undefined) return [`status ${status} is not documented: ${text}`];
    const problems = Object.entries<Json>(response.headers ?? {}).flatMap(([name, { required, schema }]) => {
      const value = headers[name.toLowerCase()];
      if (value === undefined) return required === true ? [`there is no header ${name}`] : [];
      return this.check(schema, schema.type === 'integer' ? Number(value) : value);
    });
    if (response.content === undefined) return text === '' ? problems : [...problems, 'a body'];
    const [mediaType = ''] = String(headers['content-type']).split(';');
    const content = response.content[mediaType];
    if (content === undefined) return [...problems, `media type ${mediaType} is not documented`];
    if (content.schema === undefined) return problems;
    problems.push(...this.check(content.schema, mediaType.endsWith('json') ? json : text));
    if (mediaType === 'text/event-stream') problems.push(...this.#undocumentedItems(content, text));
    return problems;
  }

  /** What the document does not say of the events of a stream: their types, and what their `data` holds as JSON. */
  #undocumentedItems({ 'x-itemSchema': schema }: Json, text: string): string[] {
    const kinds: Json[] = schema.anyOf ?? [schema];
    return readItems(text).flatMap((item) => {
      const kind = kinds.find((each) => this.check(each, item).length === 0);
      if (kind === undefined) return [`an event ${JSON.stringify(item)}`];
      return this.check(kind.properties.data.contentSchema, JSON.parse(item.data));
    });
  }

  /** The codes of problems that an operation is documented to answer, each with its status. */
  problemsOf({ object }: ApiOperation): { status: number; code: string }[] {
    return Object.entries<Json>(object.responses).flatMap(([status, response]) => {
      const codes: string[] =
        response.content?.['application/problem+json']?.schema.properties.code.enum ?? [];
      return codes.map((code) => ({ status: Number(status), code }));
    });
  }

  /** The examples of an operation by name, with the answer that each is paired with. */
  examplesOf({ object }: ApiOperation): { name: string; status: number; value: unknown }[] {
    const ofAnswers = Object.entries<Json>(object.responses).flatMap(([status, { content = {} }]) =>
      Object.entries<Json>(content)
        .filter(([mediaType]) => mediaType !== 'application/problem+json')
        .flatMap(([, { examples = {} }]) =>
          Object.entries<Json>(examples).map(([name, { value }]) => ({
            name,
            status: Number(status),
            value,
          })),
        ),
    );
    if (ofAnswers.length > 0) return ofAnswers;
    // Its only answer has no body: what is left of an example is its request.
    const [status] = Object.keys(object.responses).filter((each) => each.startsWith('2'));
    const names = new Set(
      object.parameters.flatMap(({ examples = {} }: Json) => Object.keys(examples as object)),
    );
    return [...names].map((name) => ({ name: String(name), status: Number(status), value: undefined }));
  }

  /** The request of an example. @param params what to put into the path in place of the example's own. */
  requestOf(
    { object, method, path }: ApiOperation,
    name: string,
    params: Record<string, string> = {},
  ): ApiRequest {
    const request: ApiRequest = { method, path, headers: {}, body: undefined };
    const query = new URLSearchParams();
    for (const { name: parameter, in: location, examples = {} } of object.parameters) {
      const value = String(params[parameter] ?? examples[name]?.value ?? '');
      if (location === 'path')
        request.path = request.path.replace(`{${parameter}}`, encodeURIComponent(value));
      else if (value === '') continue;
      else if (location === 'query') query.set(parameter, value);
      else request.headers[parameter] = value;
    }
    if (query.size > 0) request.path += `?${query.toString()}`;
    request.body = object.requestBody?.content['application/json'].examples?.[name]?.value;
    return request;
  }
}

/** The whole events of a stream, as far as it was read. */
export function readItems(text: string): { id?: string; event?: string; data: string }[] {
  const items: { id?: string; event?: string; data: string }[] = [];
  createParser({ onEvent: (item) => items.push({ ...item }) }).feed(text);
  return items;
}

/** The same schema, whose objects hold what it names and nothing else. */
function closedObjects(schema: Json): Json {
  if (typeof schema !== 'object' || schema === null) return schema;
  if (Array.isArray(schema)) return schema.map(closedObjects);
  const inner = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closedObjects(value)]));
  const isOpen = 'properties' in inner && !('$ref' in inner) && !('additionalProperties' in inner);
  return isOpen ? { ...inner, additionalProperties: false } : inner;
}
