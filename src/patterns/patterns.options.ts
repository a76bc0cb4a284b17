import { z } from 'zod';
import { durationMsSchema } from '#core';
import { httpServerOptionsSchema } from '#http';

/** Where message patterns are served and what one client may take from them. */
export const patternsOptionsSchema = z.strictObject({
  transport: z
    .literal('tcp')
    .describe("Nest's TCP transport: JSON with its length before it, no encryption."),
  host: httpServerOptionsSchema.shape.host,
  port: z.int().min(0).max(65_535).describe('0 takes a free one.'),
  maxConnections: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(100)
    .describe('Connections open at once; further ones are closed unanswered.'),
  maxRequestsPerConnection: z
    .int()
    .min(1)
    .max(1_000_000)
    // Each may hold a large answer that nobody reads.
    .default(100)
    .describe(
      'Requests of one connection that are answered at once, waits included; the next is not read yet.',
    ),
  maxMessageLength: z
    .int()
    .min(1)
    .max(104_857_600)
    .default(1_048_576)
    .describe('Longest message accepted, in UTF-16 units, as the transport counts.'),
  messageTimeoutMs: durationMsSchema
    .default(30_000)
    .describe('How long one message may take to arrive, and how long a client may leave its answers unread.'),
});

export type PatternsOptions = z.output<typeof patternsOptionsSchema>;
