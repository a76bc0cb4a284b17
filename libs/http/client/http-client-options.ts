import { z } from 'zod';
import { delayMsSchema, durationMsSchema } from '#core';

/**
 * The outgoing HTTP connections of an application.
 *
 * There is no time limit on answers here: how long an answer may take is known to the caller alone (a step's timeout, a
 * delivery's), and its signal ends the request at that moment. undici's own limits (300 s by default) would cut a long
 * task of an agent short.
 */
export const httpClientOptionsSchema = z
  .strictObject({
    connections: z
      .int()
      .min(1)
      .max(10_000)
      .default(64)
      .describe('Connections to one origin; further requests wait for one.'),
    pipelining: z
      .int()
      .min(1)
      .max(100)
      .default(1)
      .describe(
        'Requests under way on one connection. More than 1 lets a slow answer hold up the ones behind it.',
      ),
    keepAliveTimeoutMs: durationMsSchema
      .default(10_000)
      .describe(
        'How long an idle connection is kept. Below the 15 s after which our own servers close theirs.',
      ),
    keepAliveMaxTimeoutMs: durationMsSchema
      .default(14_000)
      .describe('No Keep-Alive hint of a server makes it longer than this.'),
    keepAliveTimeoutThresholdMs: delayMsSchema
      .default(2_000)
      .describe("Taken off a server's hint, so that its end of the connection never closes first."),
    connectTimeoutMs: durationMsSchema.default(3_000).describe('How long a TCP and TLS handshake may take.'),
    clientTtlMs: durationMsSchema
      .default(300_000)
      .describe('Age at which a connection is replaced, so that a changed DNS answer takes effect.'),
    maxOrigins: z
      .int()
      .min(1)
      .max(100_000)
      .default(256)
      .describe('Different origins that may be connected to at once.'),
    closeTimeoutMs: delayMsSchema
      .default(5_000)
      .describe('How long closing waits for requests under way before it ends them.'),
  })
  .refine(({ keepAliveTimeoutMs, keepAliveMaxTimeoutMs }) => keepAliveTimeoutMs <= keepAliveMaxTimeoutMs, {
    path: ['keepAliveTimeoutMs'],
    message: 'must not be above keepAliveMaxTimeoutMs',
  });

export type HttpClientOptions = z.input<typeof httpClientOptionsSchema>;
export type ResolvedHttpClientOptions = z.output<typeof httpClientOptionsSchema>;

export const HTTP_CLIENT_OPTIONS = Symbol('nest-orchestra.http-client.options');
