import { z } from 'zod';
import { durationMsSchema } from '#core';
import { DEFAULT_EVENT_SOURCE } from '#events';

/** What RFC 3986 lets a URI or a relative reference be made of. */
const URI_REFERENCE = /^(?:[\w\-.~:/?#[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})+$/;

/** Live streams of events: how many there may be, and what one reader may take. */
export const eventStreamOptionsSchema = z.strictObject({
  source: z
    .string()
    .max(1_024)
    .regex(URI_REFERENCE, 'must be a URI or a relative reference')
    .default(DEFAULT_EVENT_SOURCE)
    .describe('The `source` of every CloudEvent: a URI-reference that names this service among others.'),
  maxStreams: z
    .int()
    .min(1)
    .max(100_000)
    .default(1_000)
    .describe('Streams open at once; the next is refused with TOO_MANY_STREAMS.'),
  heartbeatMs: durationMsSchema
    .default(15_000)
    .describe(
      'How often each stream gets a comment, so that nobody on the way takes it for dead. Below the idle timeouts of proxies.',
    ),
  readerTimeoutMs: durationMsSchema
    .default(30_000)
    .describe('How long a reader may leave what was sent to it untaken; then it is cut off.'),
  maxRecentEvents: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(10_000)
    .describe(
      'Events of all kinds that are kept for readers of `/v1/events` who are slow or come back; what is older is told as a gap.',
    ),
});

export type EventStreamOptions = z.output<typeof eventStreamOptionsSchema>;

export const EVENT_STREAM_OPTIONS = Symbol('orchestra.event-stream-options');
