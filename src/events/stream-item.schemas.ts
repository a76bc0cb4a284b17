import { z } from 'zod';
import { EVENT_TYPES } from '#events';
import { answers, referenceTo } from '../openapi/components.js';
import { cloudEventSchema } from './cloud-event.schemas.js';

/** Stands in a stream where events are missing. */
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
const bareItem = (event: z.ZodType, data: z.ZodType) =>
  z.object({
    event,
    data: z.string().meta({ contentMediaType: 'application/json', contentSchema: referenceTo(data) }),
  });

const item = (event: z.ZodType, data: z.ZodType) =>
  bareItem(event, data).extend({
    id: z.string().describe('Its position: `Last-Event-ID` resumes behind it.'),
  });

const isOfAgent = (type: string): boolean => type.startsWith('agent.');

/** One event of the stream of an execution. A gap is no place to resume at. */
export const executionItemSchema = z.union([
  item(
    z.enum(EVENT_TYPES.filter((type) => !isOfAgent(type))).describe('The `type` of the event.'),
    cloudEventSchema,
  ),
  bareItem(z.literal('gap'), gapSchema),
]);

/** One event of the stream of the service. */
export const serviceItemSchema = z.union([
  item(z.enum(EVENT_TYPES).describe('The `type` of the event.'), cloudEventSchema),
  item(z.literal('gap'), gapSchema),
]);
