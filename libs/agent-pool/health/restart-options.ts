import { z } from 'zod';
import { durationMsSchema } from '#core';

/** What is done with agents that fail again and again. */
export const restartOptionsSchema = z.strictObject({
  maxRestarts: z
    .int()
    .min(0)
    .max(1_000)
    .default(5)
    .describe(
      'How often within `windowMs` an agent that was lost is made anew; next time it is quarantined.',
    ),
  windowMs: durationMsSchema.default(600_000).describe('How far back lost agents are counted.'),
  maxFailedCreates: z
    .int()
    .min(0)
    .max(1_000)
    .default(20)
    .describe('Creates of one agent that may fail in a row; with the next one it is quarantined.'),
  quarantineMs: durationMsSchema
    .default(60_000)
    .describe(
      'How long a quarantine is at least, at most a quarter more; then the agent is tried once more.',
    ),
});
export type RestartOptions = z.output<typeof restartOptionsSchema>;
