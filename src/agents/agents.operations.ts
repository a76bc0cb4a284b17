import { z } from 'zod';
import type { AgentSnapshot, PoolSnapshot } from '#agent-pool';
import type { OperationSpec } from '../openapi/operation.js';
import { noQuerySchema } from '../problems/parse-request.js';
import { agentSchema, poolParamsSchema, poolSchema } from './agents.schemas.js';

const AGENT: AgentSnapshot = {
  agentId: '019a7b5e-7b00-7000-8000-1f6a2c4e8d90',
  capability: 'analyse-file',
  kind: 'thread',
  state: 'idle',
  active: 0,
  concurrency: 1,
  startedAt: '2026-11-12T09:29:00.000Z',
  performance: { tasks: 12, failures: 0, successRate: 1, averageLatencyMs: 4.2 },
  resources: {
    eventLoopUtilization: 0.02,
    heapUsedBytes: 5_312_040,
    heapLimitBytes: 272_629_760,
    cpuTimeMs: 183.4,
  },
  health: { lastPingAt: '2026-11-12T09:29:40.000Z', failedPings: 0, restarts: 0, quarantinedUntil: null },
  error: null,
};

export const POOL_EXAMPLE: PoolSnapshot = {
  capability: 'analyse-file',
  kind: 'thread',
  state: 'running',
  health: 'healthy',
  selection: 'least-loaded',
  concurrencyPerAgent: 1,
  size: { min: 1, max: 1, current: 1 },
  lastScaling: null,
  agents: { starting: 0, idle: 1, busy: 0, draining: 0, stopped: 0, error: 0, quarantined: 0 },
  quorum: { required: 0, usable: 1 },
  breaker: 'closed',
  retryAfterMs: null,
  leases: { active: 0, waiting: 0 },
  refusals: { POOL_UNAVAILABLE: 0, TOO_MANY_WAITERS: 0 },
  performance: { tasks: 12, failures: 0, abandoned: 0, averageLatencyMs: 4.2 },
};

export const listAgents = {
  id: 'listAgents',
  tag: 'agents',
  summary: 'List the agents of all pools',
  request: { query: noQuerySchema },
  responses: [
    { status: 200, description: 'Every agent.', schema: z.object({ items: z.array(agentSchema) }) },
  ],
  examples: { all: { summary: 'Every agent', answer: { status: 200, body: { items: [AGENT] } } } },
} as const satisfies OperationSpec;

export const listPools = {
  id: 'listPools',
  tag: 'agents',
  summary: 'List the pools',
  request: { query: noQuerySchema },
  responses: [{ status: 200, description: 'Every pool.', schema: z.object({ items: z.array(poolSchema) }) }],
  examples: { all: { summary: 'Every pool', answer: { status: 200, body: { items: [POOL_EXAMPLE] } } } },
} as const satisfies OperationSpec;

export const getPool = {
  id: 'getPool',
  tag: 'agents',
  summary: 'Read the pool of a capability',
  request: { params: poolParamsSchema, query: noQuerySchema },
  responses: [{ status: 200, description: 'The pool as it is.', schema: poolSchema }],
  errors: ['CAPABILITY_UNKNOWN'],
  examples: {
    one: {
      summary: 'One pool',
      params: { capability: 'analyse-file' },
      answer: { status: 200, body: POOL_EXAMPLE },
    },
  },
} as const satisfies OperationSpec;
