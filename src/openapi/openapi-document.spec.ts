import { z } from 'zod';
import { PUBLIC } from '../auth/scope.decorators.js';
import { answers, component } from './components.js';
import { openApiDocument } from './openapi-document.js';
import type { OperationSpec } from './operation.js';
import type { Route } from './routes.js';

const BASE: OperationSpec = {
  id: 'readThing',
  tag: 'service',
  summary: 'Read a thing',
  responses: [{ status: 200, description: 'The thing.', schema: z.object({ a: z.string() }) }],
  examples: { one: { summary: 'One', answer: { status: 200, body: { a: 'b' } } } },
};

const routeOf = (operation: Partial<OperationSpec>, route: Partial<Route> = {}): Route => ({
  name: 'ThingsController.read',
  method: 'get',
  path: '/things/:id',
  access: 'read',
  operation: { ...BASE, ...operation },
  ...route,
});

function documentOf(...routes: Route[]): ReturnType<typeof JSON.parse> {
  return openApiDocument(routes, { info: { name: 'things', version: '1.2.3' }, secured: true });
}

const operationOf = (operation: Partial<OperationSpec>, route: Partial<Route> = {}) => {
  const merged = { method: 'get', ...route };
  return documentOf(routeOf(operation, route)).paths['/things/{id}'][merged.method];
};

describe('openApiDocument', () => {
  it('leaves out what has no description', () => {
    expect(documentOf(routeOf({}, { operation: undefined })).paths).toEqual({});
  });

  it('describes a stream of events by its media type', () => {
    const stream = operationOf({
      responses: [
        { status: 200, description: 'Events, as they come.', type: 'text/event-stream', schema: z.string() },
      ],
      examples: {
        all: {
          summary: 'From the first on',
          headers: { 'Last-Event-ID': '7' },
          answer: { status: 200, type: 'text/event-stream', body: 'retry: 1000\n\n' },
        },
      },
      request: {
        headers: z.strictObject({ 'Last-Event-ID': z.string().optional().describe('Where to resume.') }),
      },
    });
    expect(stream.responses['200'].content).toEqual({
      'text/event-stream': {
        schema: { type: 'string' },
        examples: { all: { summary: 'From the first on', value: 'retry: 1000\n\n' } },
      },
    });
    expect(stream.parameters).toEqual([
      {
        name: 'Last-Event-ID',
        in: 'header',
        required: false,
        description: 'Where to resume.',
        schema: { type: 'string' },
        examples: { all: { summary: 'From the first on', value: '7' } },
      },
    ]);
  });

  it('refers to a named schema wherever it is used, and holds it once', () => {
    const inner = component('SpecInner', z.strictObject({ n: z.int() }));
    const outer = component('SpecOuter', z.object({ inner, list: z.array(inner).default([]) }));
    const document = documentOf(routeOf({ responses: [{ status: 200, description: 'x', schema: outer }] }));
    const reference = { $ref: '#/components/schemas/SpecInner' };
    expect(document.components.schemas.SpecOuter.properties).toEqual({
      inner: reference,
      list: { type: 'array', items: reference, default: [] },
    });
    expect(document.components.schemas.SpecInner).toEqual({
      type: 'object',
      properties: { n: { type: 'integer' } },
      required: ['n'],
    });
    expect(Object.keys(document.components.schemas)).not.toContain('Workflow');
  });

  it('refuses one name for a schema that requests and answers show differently', () => {
    const both = component('SpecBoth', z.strictObject({ n: z.int().default(1) }));
    const route = routeOf(
      { request: { body: both }, responses: [{ status: 200, description: 'x', schema: both }] },
      { method: 'post' },
    );
    expect(() => documentOf(route)).toThrow('the schema SpecBoth is not the same in requests and in answers');
  });

  it('adds the problems that follow from what a route takes and asks for', () => {
    const codes = (operation: Partial<OperationSpec>, route: Partial<Route> = {}): string[] =>
      Object.values<{ $ref?: string }>(operationOf(operation, route).responses).flatMap(
        ({ $ref }) => $ref?.slice('#/components/responses/'.length).split('.') ?? [],
      );
    expect(codes({}, { access: PUBLIC })).toEqual([
      'BAD_REQUEST',
      'REQUEST_TIMEOUT',
      'HEADERS_TOO_LARGE',
      'INTERNAL_ERROR',
    ]);
    expect(codes({})).toEqual(expect.arrayContaining(['UNAUTHENTICATED', 'FORBIDDEN']));
    expect(codes({ request: { params: z.strictObject({ id: z.string() }) } })).toEqual(
      expect.arrayContaining(['VALIDATION_FAILED', 'URI_TOO_LONG']),
    );
    expect(codes({}, { method: 'post' })).toEqual(
      expect.arrayContaining(['MALFORMED_JSON', 'PAYLOAD_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE']),
    );
    expect(codes({ errors: ['QUEUE_FULL'] })).toContain('QUEUE_FULL');
  });

  it('says of a public route that it is open, and asks no key for it', () => {
    const { description, security, ...rest } = operationOf({}, { access: PUBLIC });
    expect({ description, security }).toEqual({ description: 'Open to everybody.', security: [] });
    expect(rest).not.toHaveProperty('x-required-scope');
  });
});

describe('answers', () => {
  it('takes a schema of exactly the type, and no other', () => {
    const exact = answers<{ a: string; b?: number }>();
    exact('SpecExact', z.object({ a: z.string(), b: z.number().optional() }));
    // @ts-expect-error the schema lacks an optional property
    exact('SpecLacks', z.object({ a: z.string() }));
    // @ts-expect-error the schema has one more
    exact('SpecMore', z.object({ a: z.string(), b: z.number().optional(), c: z.string() }));
    // @ts-expect-error another type
    exact('SpecOther', z.object({ a: z.string().nullable(), b: z.number().optional() }));
  });
});
