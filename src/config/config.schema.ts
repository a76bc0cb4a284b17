import { z } from 'zod';
import { delayMsSchema } from '#core';
import { dispatchOptionsSchema } from '#dispatch';
import { httpServerOptionsSchema } from '#http';
import { MAX_POOLS, driverSchema, poolConfigSchema } from '#orchestra';
import { redisOptionsSchema } from '#redis/plain';
import { schedulesOptionsSchema } from '#schedules';
import { authOptionsSchema } from '../auth/auth.options.js';
import { patternsOptionsSchema } from '../patterns/patterns.options.js';
import { eventStreamOptionsSchema } from '../events/event-stream.options.js';

const shutdownSchema = z.strictObject({
  gracePeriodMs: delayMsSchema
    .default(30_000)
    .describe('How long executions may go on after the first SIGTERM or SIGINT.'),
  drainDelayMs: delayMsSchema
    .default(0)
    .describe('How long work is still accepted after readiness went down, for load balancers to notice.'),
  maxAbandonedTasks: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(100)
    .describe(
      'Tasks that ignored their abort and were given up, after which the process ends to be restarted: each may go on for ever.',
    ),
});

/** The configuration of the service: one key a part of the house. What concerns more than one, `crossCheck` looks at. */
export const configSchema = z.strictObject({
  driver: driverSchema,
  redis: redisOptionsSchema.prefault({}),
  http: httpServerOptionsSchema.prefault({}),
  microservice: patternsOptionsSchema.optional(),
  dispatch: dispatchOptionsSchema.omit({ gracePeriodMs: true }).prefault({}),
  schedules: schedulesOptionsSchema.prefault({}),
  pools: z.array(poolConfigSchema).max(MAX_POOLS).default([]),
  auth: authOptionsSchema.optional(),
  events: eventStreamOptionsSchema.prefault({}),
  shutdown: shutdownSchema.prefault({}),
  logLevel: z.enum(['error', 'warn', 'info', 'debug']).default('info').describe('What is logged at least.'),
});

export type ServiceConfig = z.output<typeof configSchema>;
