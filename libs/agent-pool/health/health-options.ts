import { z } from 'zod';
import { durationMsSchema } from '#core';

/** How the agents of a pool are asked whether they are able to work. */
export const healthOptionsSchema = z
  .strictObject({
    enabled: z.boolean().default(true).describe('Whether agents are pinged at all.'),
    intervalMs: durationMsSchema
      .default(10_000)
      .describe('How often each agent is pinged; the pings of a pool are spread over it.'),
    timeoutMs: durationMsSchema
      .default(5_000)
      .describe(
        'How long an agent may take to answer a ping, at most intervalMs: its next turn fails while one is unanswered.',
      ),
    failureThreshold: z
      .int()
      .min(1)
      .max(100)
      .default(3)
      .describe('With so many failed pings an agent is unhealthy: its tasks fail, and it is made anew.'),
    recoveryThreshold: z
      .int()
      .min(1)
      .max(100)
      .default(1)
      .describe('Pings in a row that must succeed until failed ones are forgotten.'),
    maxConcurrentPings: z
      .int()
      .min(1)
      .max(1_000)
      .default(25)
      .describe('Pings of one pool that may wait for their answers at once; later ones are put off.'),
  })
  .refine(({ intervalMs, timeoutMs }) => timeoutMs <= intervalMs, {
    path: ['timeoutMs'],
    message: 'must not be above intervalMs',
  });
export type HealthOptions = z.output<typeof healthOptionsSchema>;
