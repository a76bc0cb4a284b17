import { Module } from '@nestjs/common';
import { z } from 'zod';
import { poolDefinitionSchema, type PoolDefinition } from '#agent-pool';
import { defineModuleOptions, isPlainObject } from '#core';
import { dispatchOptionsSchema } from '#dispatch';
import { httpClientOptionsSchema } from '#http';
import { schedulesOptionsSchema } from '#schedules';
import { redisOptionsSchema } from '#redis/plain';
import { delegate } from './delegate.js';
import { poolConfigSchema, type PoolConfig, type PoolConfigInput } from './pool-config.js';

/** Pools one application may have; capabilities are label values of metrics. */
export const MAX_POOLS = 200;

/** Where queue and state live. */
export const driverSchema = z
  .enum(['memory', 'bullmq'])
  .default('memory')
  .describe(
    '`memory`: on the heap of this process; what was accepted is gone with it. `bullmq`: in Redis, shared by all ' +
      'instances; what was accepted outlives them.',
  );
export type OrchestraDriver = z.output<typeof driverSchema>;

/**
 * A pool with a `factory`, or one with a `kind`: the keys decide which it is meant to be. A union of both would explain
 * the one that the value is nearer to, and a pool of many mistakes is near to neither.
 */
const poolSchema = z
  .custom<PoolDefinition | PoolConfigInput>(isPlainObject, 'must be the options of a pool')
  .transform((pool, context): z.output<typeof poolDefinitionSchema> | PoolConfig =>
    'factory' in pool && !('kind' in pool)
      ? delegate(context, poolDefinitionSchema, pool)
      : delegate(context, poolConfigSchema, pool),
  );

export const orchestraOptionsSchema = z.strictObject({
  driver: driverSchema,
  redis: redisOptionsSchema.prefault({}).describe('The server of driver `bullmq`.'),
  dispatch: dispatchOptionsSchema.prefault({}),
  schedules: schedulesOptionsSchema.prefault({}),
  pools: z
    .array(poolSchema)
    .max(MAX_POOLS)
    .default([])
    .describe(
      'Pools beside those of providers with @Agent(): with a `factory`, or with a `kind` and its options.',
    ),
  httpClient: httpClientOptionsSchema.prefault({}).describe('The connections of http agents.'),
});
export type OrchestraOptions = z.output<typeof orchestraOptionsSchema>;
export type OrchestraOptionsInput = z.input<typeof orchestraOptionsSchema>;

export const ORCHESTRA_OPTIONS = Symbol('nest-orchestra.options');

const { ConfigurableModuleClass, optionsProvider } = defineModuleOptions(
  'Orchestra',
  orchestraOptionsSchema,
  ORCHESTRA_OPTIONS,
);

/** The options of one orchestra, for its parts. */
@Module({ providers: [optionsProvider], exports: [ORCHESTRA_OPTIONS] })
export class OrchestraOptionsModule extends ConfigurableModuleClass {}
