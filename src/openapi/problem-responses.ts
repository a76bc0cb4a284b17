import { problemDetails, type ProblemDetails, PROBLEM_MEDIA_TYPE } from '#http';
import { PUBLIC } from '../auth/scope.decorators.js';
import { ANSWERED } from '../problems/facts/answered.js';
import { PROBLEMS, kindOf, type ProblemCode } from '../problems/problems.js';
import type { OperationSpec } from './operation.js';
import type { JsonSchema } from './json-schemas.js';
import type { Route } from './routes.js';

/** What any request may be answered with, before a route is reached or when the service itself fails. */
const OF_EVERY_ROUTE: readonly ProblemCode[] = [
  'BAD_REQUEST',
  'REQUEST_TIMEOUT',
  'HEADERS_TOO_LARGE',
  'INTERNAL_ERROR',
];

/** What follows from the body of a request, whether the route wants one or not. */
const OF_BODIES: readonly ProblemCode[] = ['MALFORMED_JSON', 'PAYLOAD_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE'];

/** The codes of all problems that a route may be answered with, in the order of the table of problems. */
export function problemCodes(
  { method, access }: Route,
  { request, errors = [] }: OperationSpec,
  secured: boolean,
): ProblemCode[] {
  const codes = new Set<ProblemCode>([...OF_EVERY_ROUTE, ...errors]);
  if (request !== undefined) codes.add('VALIDATION_FAILED');
  if (request?.params !== undefined) codes.add('URI_TOO_LONG');
  if (method !== 'get') for (const code of OF_BODIES) codes.add(code);
  if (secured && access !== PUBLIC) codes.add('UNAUTHENTICATED').add('FORBIDDEN');
  return (Object.keys(PROBLEMS) as ProblemCode[]).filter((code) => codes.has(code));
}

/** An answer for each status, by its name among the components. */
export function problemResponses(
  codes: readonly ProblemCode[],
  problem: JsonSchema,
): { status: number; name: string; response: JsonSchema }[] {
  const statuses = [...new Set(codes.map((code) => kindOf(code).status))];
  return statuses.map((status) => {
    const ofStatus = codes.filter((code) => kindOf(code).status === status);
    return { status, name: ofStatus.join('.'), response: problemResponse(status, ofStatus, problem) };
  });
}

function problemResponse(status: number, codes: readonly ProblemCode[], problem: JsonSchema): JsonSchema {
  return {
    description: codes.map((code) => `\`${code}\`: ${ANSWERED[code].cause}`).join('\n\n'),
    ...headersOf(codes),
    content: {
      [PROBLEM_MEDIA_TYPE]: {
        schema: { ...problem, properties: { status: { const: status }, code: { enum: codes } } },
        examples: Object.fromEntries(codes.map((code) => [code, { $ref: `#/components/examples/${code}` }])),
      },
    },
  };
}

/** A problem of each code, as a client may get it. */
export function problemExamples(codes: Iterable<ProblemCode>): Record<string, JsonSchema> {
  return Object.fromEntries(
    [...codes].map((code) => [code, { summary: ANSWERED[code].remedy, value: exampleOf(code) }]),
  );
}

function exampleOf(code: ProblemCode): ProblemDetails {
  const { title, status, retryAfterMs } = kindOf(code);
  const problem = problemDetails({ title, status, code, detail: title });
  if (retryAfterMs !== undefined) problem.retryAfterMs = retryAfterMs;
  if (code === 'INTERNAL_ERROR') problem.requestId = '019a7b5e-7c00-7000-8000-3b1d0c9f2a41';
  if (code === 'VALIDATION_FAILED') {
    problem.detail = 'the request has 1 problem';
    problem.errors = [{ path: 'workflow.steps[0].capability', message: 'no pool provides "translate"' }];
  }
  return problem;
}

function headersOf(codes: readonly ProblemCode[]): { headers?: JsonSchema } {
  const headers: JsonSchema = {};
  if (codes.some((code) => kindOf(code).retryAfterMs !== undefined)) {
    headers['Retry-After'] = {
      description: 'After how many seconds to try again.',
      required: codes.every((code) => kindOf(code).retryAfterMs !== undefined),
      schema: { type: 'integer', minimum: 1 },
    };
  }
  if (codes.includes('UNAUTHENTICATED')) {
    headers['WWW-Authenticate'] = {
      description: 'How to authenticate.',
      required: true,
      schema: { const: 'Bearer' },
    };
  }
  return Object.keys(headers).length === 0 ? {} : { headers };
}
