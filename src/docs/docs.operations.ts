import { z } from 'zod';
import { idSchema } from '#core';
import { cacheHeaderSchemas } from '../openapi/send-cached.js';
import type { OperationSpec } from '../openapi/operation.js';
import { INDEX_HTML } from './docs.pages.js';
import { DOCS_FILES } from './swagger-ui.js';

const UNCHANGED = { status: 304, description: 'It is what `If-None-Match` names.' };
const FILE = { status: 200, description: 'The file.', headers: cacheHeaderSchemas };

export const getDocs = {
  id: 'getDocs',
  tag: 'service',
  summary: 'This description, as a page',
  responses: [
    {
      status: 200,
      description: 'Swagger UI.',
      type: 'text/html',
      schema: z.string(),
      headers: {
        ...cacheHeaderSchemas,
        'Content-Security-Policy': z.string().describe('That everything comes from here.'),
      },
    },
    UNCHANGED,
  ],
  errors: ['DOCS_UNAVAILABLE'],
  examples: {
    page: { summary: 'The page', answer: { status: 200, type: 'text/html', body: INDEX_HTML } },
  },
} as const satisfies OperationSpec;

export const getDocsFile = {
  id: 'getDocsFile',
  tag: 'service',
  summary: 'A file of the page',
  request: {
    params: z.strictObject({ file: idSchema.describe(`One of ${DOCS_FILES.join(', ')}.`) }),
  },
  responses: [
    { ...FILE, type: 'text/javascript', schema: z.string() },
    { ...FILE, type: 'text/css', schema: z.string() },
    { ...FILE, type: 'image/png' },
    UNCHANGED,
  ],
  errors: ['ROUTE_NOT_FOUND', 'DOCS_UNAVAILABLE'],
  examples: {
    script: {
      summary: 'What starts the page',
      params: { file: 'initializer.js' },
      answer: { status: 200, type: 'text/javascript', body: 'window.ui = SwaggerUIBundle({ … });' },
    },
    style: {
      summary: 'How the page looks',
      params: { file: 'swagger-ui.css' },
      answer: { status: 200, type: 'text/css', body: '.swagger-ui { … }' },
    },
  },
} as const satisfies OperationSpec;
