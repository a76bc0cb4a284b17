import { z } from 'zod';
import type { Execution, ExecutionSummary } from '#dispatch';
import type { OperationSpec } from '../openapi/operation.js';
import { noQuerySchema } from '../problems/parse-request.js';
import {
  acceptedExecutionSchema,
  cancelBodySchema,
  executionPageSchema,
  executionParamsSchema,
  executionSchema,
  executionSummarySchema,
  listQuerySchema,
  retryBodySchema,
  submitBodySchema,
  submitHeadersSchema,
  waitQuerySchema,
} from './executions.schemas.js';

const ID = '019a7b5e-7c00-7000-8000-3b1d0c9f2a41';

/** Runs on the pools that `npm start` has. */
const REQUEST = {
  workflow: {
    id: 'count-words',
    steps: [
      {
        id: 'facts',
        capability: 'analyse-file',
        input: { path: 'notes.txt', text: '{% $input.text %}' },
        retry: { maxAttempts: 2 },
      },
    ],
    output: { words: '{% $steps.facts.output.words %}' },
  },
  input: { text: 'Bounded, validated, observable.' },
};

const SUMMARY: ExecutionSummary = {
  executionId: ID,
  workflowId: 'count-words',
  status: 'completed',
  priority: 5,
  timeoutMs: 300_000,
  strategy: 'parallel-coordinated',
  submittedAt: '2026-11-12T09:30:00.000Z',
  startedAt: '2026-11-12T09:30:00.010Z',
  finishedAt: '2026-11-12T09:30:00.060Z',
  cancelRequestedAt: null,
  error: null,
};

const COMPLETED: Execution = {
  ...SUMMARY,
  input: REQUEST.input,
  output: { words: 3 },
  metadata: {},
  steps: {
    facts: {
      status: 'completed',
      attempts: 1,
      agentId: '019a7b5e-7b00-7000-8000-1f6a2c4e8d90',
      startedAt: '2026-11-12T09:30:00.012Z',
      finishedAt: '2026-11-12T09:30:00.050Z',
      output: { path: 'notes.txt', lines: 1, words: 3, bytes: 31, frequentWords: [] },
      error: null,
    },
  },
};

const location = z.string().describe('Where the execution is.');

export const submitExecution = {
  id: 'submitExecution',
  tag: 'executions',
  summary: 'Submit a workflow',
  description:
    'Answers at once; with `waitMs`, with the whole execution if it finishes in time. With an `Idempotency-Key` the same ' +
    'request can safely be sent again.',
  request: { query: waitQuerySchema, headers: submitHeadersSchema, body: submitBodySchema },
  responses: [
    {
      status: 202,
      description: 'It was accepted.',
      schema: acceptedExecutionSchema,
      headers: { Location: location },
    },
    {
      status: 200,
      description: 'It finished within `waitMs`.',
      schema: executionSchema,
      headers: { Location: location },
    },
  ],
  errors: ['IDEMPOTENCY_KEY_REUSED', 'QUEUE_FULL', 'STORE_FULL', 'BACKEND_UNAVAILABLE', 'SHUTTING_DOWN'],
  examples: {
    accepted: {
      summary: 'Submit, and read it later',
      body: REQUEST,
      answer: { status: 202, body: { executionId: ID, status: 'pending' } },
    },
    idempotent: {
      summary: 'Submit with a key that makes a repeat the same execution',
      headers: { 'Idempotency-Key': 'order-4711' },
      body: { ...REQUEST, priority: 9, timeoutMs: 60_000 },
      answer: { status: 202, body: { executionId: ID, status: 'pending' } },
    },
    finished: {
      summary: 'Submit, and wait for the end',
      query: { waitMs: 10_000 },
      body: REQUEST,
      answer: { status: 200, body: COMPLETED },
    },
  },
} as const satisfies OperationSpec;

export const listExecutions = {
  id: 'listExecutions',
  tag: 'executions',
  summary: 'List executions, the newest first',
  request: { query: listQuerySchema },
  responses: [{ status: 200, description: 'One page.', schema: executionPageSchema }],
  errors: ['INVALID_CURSOR', 'BACKEND_UNAVAILABLE'],
  examples: {
    completed: {
      summary: 'The last that completed, of one workflow',
      query: { status: 'completed', workflowId: 'count-words', limit: 2 },
      answer: { status: 200, body: { items: [SUMMARY], nextCursor: null } },
    },
  },
} as const satisfies OperationSpec;

export const getExecution = {
  id: 'getExecution',
  tag: 'executions',
  summary: 'Read an execution',
  description: 'With `waitMs`, as soon as it has finished or the wait is over.',
  request: { params: executionParamsSchema, query: waitQuerySchema },
  responses: [{ status: 200, description: 'The execution as it is.', schema: executionSchema }],
  errors: ['EXECUTION_NOT_FOUND', 'BACKEND_UNAVAILABLE'],
  examples: {
    finished: {
      summary: 'Wait for its end',
      params: { id: ID },
      query: { waitMs: 10_000 },
      answer: { status: 200, body: COMPLETED },
    },
  },
} as const satisfies OperationSpec;

export const cancelExecution = {
  id: 'cancelExecution',
  tag: 'executions',
  summary: 'Cancel an execution',
  description:
    '`cancelRequestedAt` is set at once; the status turns `cancelled` when the steps in flight have settled or were given up.',
  request: { params: executionParamsSchema, query: noQuerySchema, body: cancelBodySchema },
  responses: [{ status: 202, description: 'It will be cancelled.', schema: executionSummarySchema }],
  errors: ['EXECUTION_NOT_FOUND', 'EXECUTION_FINISHED', 'BACKEND_UNAVAILABLE'],
  examples: {
    withReason: {
      summary: 'Cancel, and say why',
      params: { id: ID },
      body: { reason: 'the order was withdrawn' },
      answer: {
        status: 202,
        body: {
          ...SUMMARY,
          status: 'running',
          finishedAt: null,
          cancelRequestedAt: '2026-11-12T09:30:00.040Z',
        },
      },
    },
  },
} as const satisfies OperationSpec;

export const retryExecution = {
  id: 'retryExecution',
  tag: 'executions',
  summary: 'Run an execution again',
  description: 'From the first step that is not completed; only if it failed, timed out or was cancelled.',
  request: { params: executionParamsSchema, query: noQuerySchema, body: retryBodySchema },
  responses: [
    {
      status: 202,
      description: 'It will run again.',
      schema: acceptedExecutionSchema,
      headers: { Location: location },
    },
  ],
  errors: [
    'EXECUTION_NOT_FOUND',
    'EXECUTION_NOT_RETRYABLE',
    'QUEUE_FULL',
    'STORE_FULL',
    'BACKEND_UNAVAILABLE',
    'SHUTTING_DOWN',
  ],
  examples: {
    again: {
      summary: 'Run it again',
      params: { id: ID },
      answer: { status: 202, body: { executionId: ID, status: 'pending' } },
    },
  },
} as const satisfies OperationSpec;
