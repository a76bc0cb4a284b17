import { Module } from '@nestjs/common';
import { z } from 'zod';
import { defineModuleOptions, durationMsSchema } from '#core';
import { redisOptionsSchema } from '#redis/plain';

export const queueModuleOptionsSchema = z.discriminatedUnion('driver', [
  z.strictObject({
    driver: z.literal('memory').describe('Jobs are gone when the process ends.'),
  }),
  z.strictObject({
    driver: z
      .literal('bullmq')
      .describe('Jobs outlive the process, on Redis. Needs the packages bullmq and ioredis.'),
    redis: redisOptionsSchema.prefault({}).describe('Where the jobs are kept.'),
    lockDurationMs: durationMsSchema
      .default(10_000)
      .describe('How long a job stays with its consumer without a sign of life of it.'),
    stalledIntervalMs: durationMsSchema
      .default(4_000)
      .describe('How often consumers look for jobs whose consumer has gone.'),
  }),
]);
export type QueueModuleOptions = z.input<typeof queueModuleOptionsSchema>;
export type ResolvedQueueOptions = z.output<typeof queueModuleOptionsSchema>;

export const QUEUE_OPTIONS = Symbol('nest-orchestra.queue.options');

const { ConfigurableModuleClass, optionsProvider } = defineModuleOptions(
  'Queue',
  queueModuleOptionsSchema,
  QUEUE_OPTIONS,
);

/** The options of one queue driver, for its parts. */
@Module({ providers: [optionsProvider], exports: [QUEUE_OPTIONS] })
export class QueueOptionsModule extends ConfigurableModuleClass {}
