import type { OperationSpec } from '../openapi/operation.js';
import { noQuerySchema } from '../problems/parse-request.js';
import { POOL_EXAMPLE } from './agents.operations.js';
import { noBodySchema, poolParamsSchema, poolSchema, resizeBodySchema } from './agents.schemas.js';

const params = { capability: POOL_EXAMPLE.capability };

export const drainPool = {
  id: 'drainPool',
  tag: 'agents',
  summary: 'Give no agent of a pool to further tasks',
  description:
    'For maintenance. Tasks under way finish, others wait until the pool is resumed; `state` turns `drained` when none is ' +
    'under way any more. The number of agents does not follow the load meanwhile.',
  request: { params: poolParamsSchema, query: noQuerySchema, body: noBodySchema },
  responses: [{ status: 202, description: 'It drains, or is drained.', schema: poolSchema }],
  errors: ['CAPABILITY_UNKNOWN'],
  examples: {
    idle: {
      summary: 'Drain a pool that has no tasks',
      params,
      answer: { status: 202, body: { ...POOL_EXAMPLE, state: 'drained' } },
    },
  },
} as const satisfies OperationSpec;

export const resumePool = {
  id: 'resumePool',
  tag: 'agents',
  summary: 'End the drain of a pool',
  description: 'The tasks that wait get their agents. A pool that is not drained stays as it is.',
  request: { params: poolParamsSchema, query: noQuerySchema, body: noBodySchema },
  responses: [{ status: 200, description: 'It runs.', schema: poolSchema }],
  errors: ['CAPABILITY_UNKNOWN'],
  examples: {
    drained: {
      summary: 'Resume a drained pool',
      params,
      answer: { status: 200, body: POOL_EXAMPLE },
    },
  },
} as const satisfies OperationSpec;

export const resizePool = {
  id: 'resizePool',
  tag: 'agents',
  summary: 'Change how many agents a pool has',
  description:
    'Until the service restarts. Agents that are missing are begun and those too many leave at once; a busy one finishes ' +
    'its tasks first. What is not named stays.',
  request: { params: poolParamsSchema, query: noQuerySchema, body: resizeBodySchema },
  responses: [
    { status: 202, description: 'Agents are begun, or leave, where that is needed.', schema: poolSchema },
  ],
  errors: ['CAPABILITY_UNKNOWN'],
  examples: {
    more: {
      summary: 'Let a pool grow to four agents',
      params,
      body: { max: 4 },
      answer: { status: 202, body: { ...POOL_EXAMPLE, size: { min: 1, max: 4, current: 1 } } },
    },
  },
} as const satisfies OperationSpec;
