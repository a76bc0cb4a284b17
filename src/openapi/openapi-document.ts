import type { z } from 'zod';
import type { ServiceInfo } from '../info/service-info.js';
import { problemDetailsSchema } from '../problems/problem.schemas.js';
import type { ProblemCode } from '../problems/problems.js';
import { JsonSchemas, type JsonSchema } from './json-schemas.js';
import { TAGS } from './operation.js';
import { headerSchemas, operationObject } from './operation-object.js';
import { problemCodes, problemExamples, problemResponses } from './problem-responses.js';
import type { Route } from './routes.js';

/** Of those that describe schemas by JSON Schema 2020-12, the latest that tools read widely. */
const OPENAPI_VERSION = '3.1.1';

const DESCRIPTION = `Bounded, validated, observable orchestration of workflows and agents.

Bodies are JSON in UTF-8. Every error is an \`application/problem+json\` (RFC 9457): decide on its \`code\`, which is stable.
A listing is read page by page: \`cursor\` takes the \`nextCursor\` of the page before, which is null on the last one.
Answers may get further properties in time; ignore those that you do not know.`;

export interface DocumentOptions {
  info: Pick<ServiceInfo, 'name' | 'version'>;
  /** Whether the service asks for API keys: without, none are described, only the scopes that they would need. */
  secured: boolean;
}

/** The OpenAPI document of the routes that have an `@Operation`, made of the schemas that validate their requests. */
export function openApiDocument(routes: readonly Route[], { info, secured }: DocumentOptions): JsonSchema {
  const described = routes.flatMap((route) =>
    route.operation === undefined
      ? []
      : [{ route, operation: route.operation, headers: headerSchemas(route.operation) }],
  );
  const requests = new JsonSchemas(
    'request',
    described.flatMap(({ operation: { request } }) => Object.values<z.ZodType>({ ...request })),
  );
  const answers = new JsonSchemas('answer', [
    problemDetailsSchema,
    ...described.flatMap(({ operation, headers }) => [
      ...operation.responses.flatMap(({ schema, item }) =>
        [schema, item].filter((given) => given !== undefined),
      ),
      ...headers.values(),
    ]),
  ]);

  const paths: Record<string, JsonSchema> = {};
  const shared: JsonSchema = {};
  const allCodes = new Set<ProblemCode>();
  for (const { route, operation, headers } of described) {
    const object = operationObject(operation, route.access, { requests, answers, headers });
    const codes = problemCodes(route, operation, secured);
    for (const code of codes) allCodes.add(code);
    for (const { status, name, response } of problemResponses(codes, answers.of(problemDetailsSchema))) {
      shared[name] = response;
      object.responses[status] = { $ref: `#/components/responses/${name}` };
    }
    const path = (paths[route.path.replaceAll(/:(\w+)/g, '{$1}')] ??= {});
    path[route.method] = secured ? { ...object, security: security(object) } : object;
  }

  return {
    openapi: OPENAPI_VERSION,
    info: { title: info.name, version: info.version, description: DESCRIPTION },
    servers: [{ url: '/', description: 'The service that this document comes from.' }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths,
    components: {
      schemas: merge(requests.components(), answers.components()),
      responses: shared,
      examples: problemExamples(allCodes),
      ...(secured ? { securitySchemes: SECURITY_SCHEMES } : {}),
    },
  };
}

const SECURITY_SCHEMES = {
  bearer: { type: 'http', scheme: 'bearer', description: 'An API key of `auth.apiKeys`.' },
  apiKey: {
    type: 'apiKey',
    in: 'header',
    name: 'X-API-Key',
    description: 'The same, in a header of its own.',
  },
};

/** A key in either place; what it has to be good for stands beside, as roles. */
function security({ 'x-required-scope': scope }: JsonSchema): JsonSchema[] {
  return scope === undefined ? [] : [{ bearer: [scope] }, { apiKey: [scope] }];
}

/** @throws {Error} when requests and answers show a schema of one name differently. */
function merge(
  requests: Record<string, JsonSchema>,
  answers: Record<string, JsonSchema>,
): Record<string, JsonSchema> {
  for (const [name, schema] of Object.entries(requests)) {
    const other = answers[name];
    if (other === undefined || JSON.stringify(other) === JSON.stringify(schema)) continue;
    throw new Error(`the schema ${name} is not the same in requests and in answers: name each`);
  }
  return { ...requests, ...answers };
}
