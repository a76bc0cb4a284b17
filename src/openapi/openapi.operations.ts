import { z } from 'zod';
import { cacheHeaderSchemas } from './send-cached.js';
import type { OperationSpec } from './operation.js';

export const getOpenApi = {
  id: 'getOpenApi',
  tag: 'service',
  summary: 'This description',
  responses: [
    {
      status: 200,
      description: 'An OpenAPI 3.1 document.',
      schema: z.looseObject({ openapi: z.string(), info: z.looseObject({}), paths: z.looseObject({}) }),
      headers: cacheHeaderSchemas,
    },
    { status: 304, description: 'It is what `If-None-Match` names.' },
  ],
  examples: {
    document: {
      summary: 'The beginning of the document',
      answer: {
        status: 200,
        body: { openapi: '3.1.1', info: { title: 'nest-orchestra', version: '0.1.0' }, paths: {} },
      },
    },
  },
} as const satisfies OperationSpec;
