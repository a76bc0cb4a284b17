import { z } from 'zod';
import { BREAKER_STATES, idSchema } from '#core';
import {
  AGENT_STATES,
  POOL_HEALTHS,
  POOL_STATES,
  REFUSAL_CODES,
  SCALING_REASONS,
  SELECTIONS,
  poolResizeSchema,
  type AgentSnapshot,
  type PoolSnapshot,
} from '#agent-pool';
import { answers } from '../openapi/components.js';
import { errorRecordSchema } from '../problems/problem.schemas.js';

export const poolParamsSchema = z.strictObject({
  capability: idSchema.describe('The name that workflows ask for.'),
});

/** What is not named stays; checked with what the pool has. */
export const resizeBodySchema = poolResizeSchema;

/** Drain and resume take none; an empty one is let pass. */
export const noBodySchema = z.strictObject({}).optional();

const countSchema = z.int().min(0);
const averageLatencyMs = z
  .number()
  .min(0)
  .nullable()
  .describe('Exponential moving average; null before the first task.');

export const agentSchema = answers<AgentSnapshot>()(
  'Agent',
  z.object({
    agentId: z.string(),
    capability: z.string(),
    kind: z.string().describe('`function`, `http`, `mcp`, `thread`.'),
    state: z.enum(AGENT_STATES),
    active: countSchema.describe('Tasks under way.'),
    concurrency: countSchema.describe('Tasks that it runs at once at most.'),
    startedAt: z.iso.datetime().nullable().describe('Null until it is ready.'),
    performance: z.object({
      tasks: countSchema,
      failures: countSchema,
      successRate: z.number().min(0).max(1).nullable().describe('Null before the first task.'),
      averageLatencyMs,
    }),
    resources: z
      .object({
        eventLoopUtilization: z
          .number()
          .min(0)
          .max(1)
          .nullable()
          .describe('Share of the last seconds that its event loop was busy.'),
        heapUsedBytes: countSchema.nullable().describe('As of its last answer.'),
        heapLimitBytes: countSchema.nullable(),
        cpuTimeMs: z
          .number()
          .min(0)
          .nullable()
          .describe('CPU time of its thread, as of its last answer; null before Node 22.15.'),
      })
      .nullable()
      .describe('Of an agent that has a thread of its own.'),
    health: z.object({
      lastPingAt: z.iso.datetime().nullable().describe('When its latest ping ended; null before the first.'),
      failedPings: countSchema.describe('Failed pings that later ones have not made forgotten.'),
      restarts: countSchema.describe('How often the agent of its place was lost since the start.'),
      quarantinedUntil: z.iso
        .datetime()
        .nullable()
        .describe('When it is tried again; null unless it is quarantined.'),
    }),
    error: errorRecordSchema
      .nullable()
      .describe('Why it is not there, while it is in `error`, `quarantined` or `starting` again.'),
  }),
);

export const poolSchema = answers<PoolSnapshot>()(
  'Pool',
  z.object({
    capability: z.string(),
    kind: z.string().describe('`function`, `http`, `mcp`, `thread`.'),
    state: z
      .enum(POOL_STATES)
      .describe('`draining`: no lease is granted, and tasks are under way; `drained`: none are any more.'),
    health: z
      .enum(POOL_HEALTHS)
      .describe(
        '`degraded`: fewer usable agents than `size.min`, one in quarantine, or a breaker that is half-open; `critical`: none usable, or the breaker is open.',
      ),
    selection: z.enum(SELECTIONS),
    concurrencyPerAgent: countSchema,
    size: z.object({ min: countSchema, max: countSchema, current: countSchema }),
    lastScaling: z
      .object({
        at: z.iso.datetime(),
        from: countSchema,
        to: countSchema,
        reasons: z.array(z.enum(SCALING_REASONS)),
      })
      .nullable()
      .describe('The latest change of `size.current`; null before the first.'),
    agents: z.record(z.enum(AGENT_STATES), countSchema).describe('Agents by state.'),
    quorum: z
      .object({ required: countSchema, usable: countSchema })
      .describe('Usable agents without which the service is not ready: `readyWhen` of the pool.'),
    breaker: z
      .enum(BREAKER_STATES)
      .nullable()
      .describe('`open`: tasks are refused; `half-open`: a few probe. Null when it has none.'),
    retryAfterMs: countSchema
      .nullable()
      .describe('While tasks are refused, when they may be taken again; otherwise null.'),
    leases: z.object({ active: countSchema, waiting: countSchema }),
    refusals: z
      .record(z.enum(REFUSAL_CODES), countSchema)
      .describe('Tasks refused since the start, by code.'),
    performance: z.object({
      tasks: countSchema,
      failures: countSchema,
      abandoned: countSchema,
      averageLatencyMs,
    }),
  }),
);
