import { z } from 'zod';
import { poolDefinitionSchema } from '#agent-pool';
import { dispatchOptionsSchema } from '#dispatch';
import { httpClientOptionsSchema } from '#http';
import { poolConfigSchema } from './pool-config.js';

/** Pools one application may have; capabilities are label values of metrics. */
export const MAX_POOLS = 200;

/** Where queue and state live. */
export const driverSchema = z
  .enum(['memory'])
  .default('memory')
  .describe('`memory`: on the heap of this process; what was accepted is gone with it.');

export const orchestraOptionsSchema = z.strictObject({
  driver: driverSchema,
  dispatch: dispatchOptionsSchema.prefault({}),
  pools: z
    .array(z.union([poolDefinitionSchema, poolConfigSchema]))
    .max(MAX_POOLS)
    .default([])
    .describe(
      'Pools beside those of providers with @Agent(): with a `factory`, or with a `kind` and its options.',
    ),
  httpClient: httpClientOptionsSchema.prefault({}).describe('The connections of http agents.'),
});
export type OrchestraOptions = z.output<typeof orchestraOptionsSchema>;
export type OrchestraOptionsInput = z.input<typeof orchestraOptionsSchema>;
