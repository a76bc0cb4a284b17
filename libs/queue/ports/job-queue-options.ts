import { z } from 'zod';
import { pageLimitSchema, delayMsSchema } from '#core';
import { JOB_STATES } from './job.js';

const MAX_CONCURRENCY = 10_000;

export const consumeOptionsSchema = z.strictObject({
  concurrency: z
    .int()
    .min(1)
    .max(MAX_CONCURRENCY)
    .describe('How many handlers run at once in this consumer.'),
  reuseSignals: z
    .boolean()
    .default(false)
    .describe('Whether the signal of a handler that has ended may be that of another one later.'),
});

export const consumerCloseOptionsSchema = z.strictObject({
  drainMs: delayMsSchema.describe(
    'How long running handlers may go on before their signals abort with `shutdown`.',
  ),
  abortGraceMs: delayMsSchema
    .default(5_000)
    .describe('How long a handler may take to end after its signal aborted, before it is given up.'),
});

export const jobListSchema = z.strictObject({
  states: z.array(z.enum(JOB_STATES)).max(JOB_STATES.length),
  cursor: z.string().optional(),
  limit: pageLimitSchema,
});
