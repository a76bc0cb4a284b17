import { redisOptionsSchema } from '#redis/plain';
import { z } from 'zod';
import { memoryStateOptionsSchema } from '../memory/memory-state-options.js';

const { maxLogLength, maxListLength } = memoryStateOptionsSchema.shape;

/** How much the store keeps at one place; how much in all is up to `maxmemory` of the server. */
export const redisStateOptionsSchema = z.strictObject({
  redis: redisOptionsSchema.prefault({}).describe('Where the server is, and what is ours there.'),
  maxLogLength,
  maxListLength,
});

export type RedisStateOptions = z.input<typeof redisStateOptionsSchema>;
export type ResolvedRedisStateOptions = Readonly<z.output<typeof redisStateOptionsSchema>>;
