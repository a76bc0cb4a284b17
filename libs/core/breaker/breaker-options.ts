import { z } from 'zod';
import { durationMsSchema } from '../clock/duration.js';

/** When a `CircuitBreaker` opens, and how it closes again. */
export const breakerOptionsSchema = z
  .strictObject({
    threshold: z
      .number()
      .gt(0)
      .max(1)
      .default(0.5)
      .describe('Share of the tasks in the window that failed, 0..1, at which it opens.'),
    minimumTasks: z
      .int()
      .min(1)
      .max(1_000_000)
      .default(20)
      .describe('Tasks that the window must hold before their share of failures says anything.'),
    windowMs: durationMsSchema.default(30_000).describe('How far back tasks count.'),
    openMs: durationMsSchema
      .default(5_000)
      .describe('How long it stays open at most before it lets probes through; doubled each time they fail.'),
    maxOpenMs: durationMsSchema
      .default(60_000)
      .describe('It stays open no longer, however often probes fail.'),
    halfOpenProbes: z
      .int()
      .min(1)
      .max(10_000)
      .default(3)
      .describe('Tasks that are let through at once to probe, and that have to succeed for it to close.'),
  })
  .refine(({ openMs, maxOpenMs }) => maxOpenMs >= openMs, {
    path: ['maxOpenMs'],
    message: 'must not be below openMs',
  });

export type BreakerOptions = z.output<typeof breakerOptionsSchema>;
export type BreakerOptionsInput = z.input<typeof breakerOptionsSchema>;
