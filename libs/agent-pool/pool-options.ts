import { z } from 'zod';
import { MAX_DELAY_MS, breakerOptionsSchema, durationMsSchema, idSchema } from '#core';
import { healthOptionsSchema } from './health/health-options.js';
import { restartOptionsSchema } from './health/restart-options.js';
import { isQuorumReachable } from './quorum.js';

/** How the agent of the next lease is chosen among those with a free slot. */
export const SELECTIONS = ['round-robin', 'least-loaded', 'performance-based', 'resource-aware'] as const;
export type Selection = (typeof SELECTIONS)[number];

export const MAX_POOL_SIZE = 1_000;

const agentsSchema = z.int().min(1).max(MAX_POOL_SIZE);

/** How many agents a pool has, at least and at most; also what a new size given at run time must be. */
export const poolSizeSchema = z
  .strictObject({
    min: agentsSchema.default(1).describe('Agents that are kept.'),
    max: agentsSchema
      .optional()
      .describe('Agents that there may be when the load asks for them. Default: min, so nothing scales.'),
  })
  .refine(({ min, max }) => max === undefined || max >= min, {
    path: ['max'],
    message: 'must not be below min',
  })
  .transform(({ min, max }) => ({ min, max: max ?? min }));
export type PoolSize = z.output<typeof poolSizeSchema>;

/** A change of the size at run time: what is not named stays. */
export const poolResizeSchema = z
  .strictObject({
    min: agentsSchema.optional().describe('Agents that are kept.'),
    max: agentsSchema.optional().describe('Agents that there may be.'),
  })
  .refine(({ min, max }) => min !== undefined || max !== undefined, 'must name min, max or both');
export type PoolResize = z.input<typeof poolResizeSchema>;

const scalingSchema = z.strictObject({
  targetUtilization: z
    .number()
    .min(0.1)
    .max(1)
    .default(0.8)
    .describe(
      'The share of all slots that held and waiting leases shall take up; agents are added at once where it is more.',
    ),
  shrinkAfterMs: durationMsSchema
    .default(60_000)
    .describe('How long the load must have been lower before agents that it does not need are drained.'),
});

/** What every pool has, whatever kind its agents are of. */
export const poolOptionsSchema = z
  .strictObject({
    capability: idSchema.describe('The name workflows ask for.'),
    size: poolSizeSchema.prefault({}),
    concurrencyPerAgent: z.int().min(1).max(10_000).default(1).describe('Tasks that one agent runs at once.'),
    selection: z
      .enum(SELECTIONS)
      .default('least-loaded')
      .describe('Which agent with a free slot the next task gets.'),
    scaling: scalingSchema.prefault({}),
    recycleAfterTasks: z
      .int()
      .min(1)
      .optional()
      .describe('Tasks after which an agent is replaced, or up to a tenth fewer. Default: never.'),
    maxAgeMs: z
      .int()
      .min(1_000)
      .max(MAX_DELAY_MS)
      .optional()
      .describe('Age at which an agent is replaced, or up to a tenth younger. Default: never.'),
    maxWaiters: z
      .int()
      .min(1)
      .default(100_000)
      .describe('Leases that may wait at once; the next is refused.'),
    createTimeoutMs: durationMsSchema.default(10_000).describe('How long making one agent may take.'),
    health: healthOptionsSchema.prefault({}).describe('How agents are asked whether they are able to work.'),
    restart: restartOptionsSchema
      .prefault({})
      .describe('What is done with agents that fail again and again.'),
    breaker: z
      .union([z.literal(false), breakerOptionsSchema])
      .prefault({})
      .describe('Refuses tasks while the agents fail too many of them; `false`: none.'),
    unavailableAfterMs: durationMsSchema
      .default(5_000)
      .describe(
        'How long tasks wait for a pool none of whose agents can be made, or whose breaker probes, before they are refused.',
      ),
    readyWhen: z
      .union([z.enum(['all', 'any']), z.int().min(0).max(MAX_POOL_SIZE)])
      .default(0)
      .describe(
        'Usable agents without which the service is not ready: `all` (size.min), `any` (one), or a number. 0: what becomes ' +
          'of this pool is no reason to send the work of others elsewhere.',
      ),
  })
  .refine(({ readyWhen, size }) => isQuorumReachable(readyWhen, size), {
    path: ['readyWhen'],
    message: 'must not be above size.max',
  });
export type PoolOptions = z.input<typeof poolOptionsSchema>;
