import { z } from 'zod';
import { PUBLIC, type Access } from '../auth/scope.decorators.js';
import type { ExampleSpec, OperationSpec, ResponseSpec } from './operation.js';
import type { JsonSchema, JsonSchemas } from './json-schemas.js';

/** Where the parts of a request are in OpenAPI. */
const LOCATIONS = { params: 'path', query: 'query', headers: 'header' } as const;

const JSON_MEDIA_TYPE = 'application/json';

/** Headers of an answer as one schema, so that they are converted like those of a request. */
export function headerSchemas(operation: OperationSpec): Map<ResponseSpec, z.ZodObject> {
  const described = operation.responses.filter(({ headers }) => headers !== undefined);
  return new Map(described.map((response) => [response, z.object(response.headers)]));
}

export interface OperationParts {
  requests: JsonSchemas;
  answers: JsonSchemas;
  headers: ReadonlyMap<ResponseSpec, z.ZodObject>;
}

/** An operation without the problems it may be answered with. */
export function operationObject(
  operation: OperationSpec,
  access: Access | undefined,
  { requests, answers, headers }: OperationParts,
): JsonSchema & { responses: JsonSchema } {
  const { id, tag, summary, description, request = {}, examples } = operation;
  const scope = access === undefined || access === PUBLIC ? undefined : access;
  const allowed = scope === undefined ? 'Open to everybody.' : `Scope: \`${scope}\`.`;
  return {
    operationId: id,
    tags: [tag],
    summary,
    description: description === undefined ? allowed : `${description}\n\n${allowed}`,
    ...(scope === undefined ? {} : { 'x-required-scope': scope }),
    parameters: (['params', 'query', 'headers'] as const).flatMap((part) => {
      const schema = request[part];
      return schema === undefined ? [] : parameters(requests.of(schema), part, examples);
    }),
    ...(request.body === undefined ? {} : { requestBody: requestBody(request.body, requests, examples) }),
    responses: responses(operation, answers, headers),
  };
}

type Examples = Readonly<Record<string, ExampleSpec>>;

/** Examples by name, of those that have such a value. */
function examplesOf(
  examples: Examples,
  valueOf: (example: ExampleSpec) => unknown,
): { examples?: JsonSchema } {
  const found = Object.entries(examples).flatMap(([name, example]) => {
    const value = valueOf(example);
    return value === undefined ? [] : [[name, { summary: example.summary, value }] as const];
  });
  return found.length === 0 ? {} : { examples: Object.fromEntries(found) };
}

function parameters(json: JsonSchema, part: keyof typeof LOCATIONS, examples: Examples): JsonSchema[] {
  return fields(json).map(({ name, required, description, schema }) => ({
    name,
    in: LOCATIONS[part],
    required: required || part === 'params',
    description,
    schema,
    ...examplesOf(examples, (example) => example[part]?.[name]),
  }));
}

function requestBody(schema: z.ZodType, requests: JsonSchemas, examples: Examples): JsonSchema {
  return {
    required: !schema.safeParse(undefined).success,
    content: {
      [JSON_MEDIA_TYPE]: { schema: requests.of(schema), ...examplesOf(examples, ({ body }) => body) },
    },
  };
}

function responses(
  { responses: specs, examples }: OperationSpec,
  answers: JsonSchemas,
  headers: ReadonlyMap<ResponseSpec, z.ZodObject>,
): JsonSchema {
  const statuses = [...new Set(specs.map(({ status }) => status))];
  const described = statuses.map((status) => {
    const ofStatus = specs.filter((spec) => spec.status === status);
    const answerHeaders = ofStatus.flatMap((spec) => {
      const schema = headers.get(spec);
      return schema === undefined ? [] : fields(answers.of(schema));
    });
    const content = ofStatus
      .filter(({ type, schema }) => type !== undefined || schema !== undefined)
      .map(({ type = JSON_MEDIA_TYPE, schema, item }) => [
        type,
        {
          ...(schema === undefined ? {} : { schema: answers.of(schema) }),
          ...(item === undefined ? {} : { 'x-itemSchema': answers.of(item) }),
          ...examplesOf(examples, ({ answer }) =>
            answer.status === status && (answer.type ?? JSON_MEDIA_TYPE) === type ? answer.body : undefined,
          ),
        },
      ]);
    return [
      String(status),
      {
        description: [...new Set(ofStatus.map(({ description }) => description))].join('\n\n'),
        ...(answerHeaders.length === 0
          ? {}
          : { headers: Object.fromEntries(answerHeaders.map(({ name, ...header }) => [name, header])) }),
        ...(content.length === 0 ? {} : { content: Object.fromEntries(content) as JsonSchema }),
      },
    ];
  });
  return Object.fromEntries(described) as JsonSchema;
}

interface Field {
  name: string;
  required: boolean;
  description: string | undefined;
  schema: JsonSchema;
}

/** The properties of an object schema, each with the description beside its schema, as parameters and headers have it. */
function fields({ properties = {}, required = [] }: JsonSchema): Field[] {
  return Object.entries(properties as Record<string, JsonSchema>).map(([name, property]) => {
    const { description, ...schema } = property;
    return {
      name,
      required: (required as string[]).includes(name),
      description: description as string | undefined,
      schema,
    };
  });
}
