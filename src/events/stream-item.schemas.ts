import { z } from 'zod';
import { EVENT_TYPES } from '#events';
import { answers, referenceTo } from '../openapi/components.js';
import { cloudEventSchema } from './cloud-event.schemas.js';

/** Stands in the service-wide stream where events are missing. */
const gapSchema = answers<{ missed: number | null }>()(
  'EventGap',
  z
    .object({
      missed: z
        .int()
        .min(1)
        .nullable()
        .describe('How many, whether they would have been asked for or not; null when nobody knows.'),
    })
    .describe('Events are missing here.'),
);

/** An event of a stream, as JSON Schema sees one: strings, of which `data` holds JSON. */
const item = (event: z.ZodType, data: z.ZodType) =>
  z.object({
    id: z.string().describe('Its position: `Last-Event-ID` resumes behind it.'),
    event,
    data: z.string().meta({ contentMediaType: 'application/json', contentSchema: referenceTo(data) }),
  });

const isOfAgent = (type: string): boolean => type.startsWith('agent.');

/** One event of the stream of an execution. */
export const executionItemSchema = item(
  z.enum(EVENT_TYPES.filter((type) => !isOfAgent(type))).describe('The `type` of the event.'),
  cloudEventSchema,
);

/** One event of the stream of the service. */
export const serviceItemSchema = z.union([
  item(z.enum(EVENT_TYPES).describe('The `type` of the event.'), cloudEventSchema),
  item(z.literal('gap'), gapSchema),
]);
