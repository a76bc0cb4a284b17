import { pageLimitSchema } from '#core';
import { z } from 'zod';

/** What every driver takes as the options of `list`, beside the cursor, which is its own to read. */
export const listOptionsSchema = z.object({
  limit: pageLimitSchema,
  order: z.enum(['asc', 'desc']).default('desc'),
});

/** The same of `peek`, beside the position. */
export const peekOptionsSchema = z.object({ limit: pageLimitSchema });
