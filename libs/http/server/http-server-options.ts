import { z } from 'zod';
import { durationMsSchema } from '#core';

/** Where a server listens and what one client may take from it. */
export const httpServerOptionsSchema = z
  .strictObject({
    host: z
      .string()
      .min(1)
      .max(255)
      // Fastify would open one server more for each address of the name, which no limit below would reach.
      .overwrite((host) => (host === 'localhost' ? '127.0.0.1' : host))
      .default('127.0.0.1')
      .describe('Address to bind. `localhost` stands for 127.0.0.1.'),
    port: z.int().min(0).max(65_535).default(3_000).describe('0 takes a free one.'),
    keepAliveTimeoutMs: durationMsSchema
      .default(15_000)
      .describe(
        'How long an idle connection is kept. Above the idle timeout of a load balancer in front (ALB: 60 s).',
      ),
    headersTimeoutMs: durationMsSchema
      .default(16_000)
      .describe("How long a request's headers may take to arrive."),
    requestTimeoutMs: durationMsSchema
      .default(30_000)
      .describe('How long a whole request may take to arrive, its body included.'),
    sendTimeoutMs: durationMsSchema
      .default(30_000)
      .describe('How long a client may take nothing of an answer before its connection is cut.'),
    connectionsCheckingIntervalMs: durationMsSchema
      .default(2_000)
      .describe(
        'How often headersTimeoutMs and requestTimeoutMs are looked after; by so much a request may outlive them.',
      ),
    bodyLimitBytes: z.int().min(1).max(104_857_600).default(1_048_576).describe('Largest body accepted.'),
    maxHeaderSizeBytes: z
      .int()
      .min(1_024)
      .max(1_048_576)
      .default(16_384)
      .describe('Largest head of a request accepted.'),
    maxConnections: z
      .int()
      .min(1)
      .max(1_000_000)
      .default(10_000)
      .describe(
        'Connections open at once; further ones are closed unanswered. Also the bound of long polls.',
      ),
  })
  .refine(({ headersTimeoutMs, keepAliveTimeoutMs }) => headersTimeoutMs > keepAliveTimeoutMs, {
    path: ['headersTimeoutMs'],
    message: 'must be greater than keepAliveTimeoutMs',
  })
  .refine(({ headersTimeoutMs, requestTimeoutMs }) => headersTimeoutMs <= requestTimeoutMs, {
    path: ['headersTimeoutMs'],
    message: 'must not be greater than requestTimeoutMs',
  });

export type HttpServerOptions = z.input<typeof httpServerOptionsSchema>;
