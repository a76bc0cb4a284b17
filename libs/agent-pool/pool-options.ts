import { z } from 'zod';
import { breakerOptionsSchema, durationMsSchema, idSchema } from '#core';
import { healthOptionsSchema } from './health/health-options.js';
import { restartOptionsSchema } from './health/restart-options.js';

/** How the agent of the next lease is chosen among those with a free slot. */
export const SELECTIONS = ['round-robin', 'least-loaded', 'performance-based', 'resource-aware'] as const;
export type Selection = (typeof SELECTIONS)[number];

export const MAX_POOL_SIZE = 1_000;

const poolSizeSchema = z
  .strictObject({
    min: z.int().min(1).max(MAX_POOL_SIZE).default(1).describe('Agents that are kept.'),
    max: z
      .int()
      .min(1)
      .max(MAX_POOL_SIZE)
      .optional()
      .describe('Agents that there may be. Default: min. Nothing scales a pool yet: min are made.'),
  })
  .refine(({ min, max }) => max === undefined || max >= min, {
    path: ['max'],
    message: 'must not be below min',
  })
  .transform(({ min, max }) => ({ min, max: max ?? min }));

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
  // Not `<=`: of a size that is refused there is no max.
  .refine(({ readyWhen, size }) => typeof readyWhen === 'string' || !(readyWhen > size.max), {
    path: ['readyWhen'],
    message: 'must not be above size.max',
  });
export type PoolOptions = z.input<typeof poolOptionsSchema>;
