import { z } from 'zod';
import { MAX_ID_LENGTH, idSchema } from '#core';
import { EVENT_TYPES, type OrchestraEventType } from '#events';

/** An empty one is none: so a client that has seen nothing yet says it (HTML §9.2). */
const lastEventId = z
  .string()
  .max(MAX_ID_LENGTH)
  .transform((text) => (text === '' ? undefined : text))
  .optional();

const GROUPS = [...new Set(EVENT_TYPES.map((type) => type.split('.', 1)[0] ?? type))];

/** What may be asked for: a type, or all of a group. */
const SELECTORS: ReadonlyMap<string, readonly OrchestraEventType[]> = new Map<
  string,
  readonly OrchestraEventType[]
>([
  ...EVENT_TYPES.map((type) => [type, [type]] as const),
  ...GROUPS.map(
    (group) => [`${group}.*`, EVENT_TYPES.filter((type) => type.startsWith(`${group}.`))] as const,
  ),
]);

const typesSchema = z
  .string()
  .transform((text) => text.split(','))
  .pipe(z.array(z.enum([...SELECTORS.keys()])))
  .transform((names) => new Set(names.flatMap((name) => SELECTORS.get(name) ?? [])));

export const streamHeadersSchema = z.strictObject({
  'Last-Event-ID': lastEventId.describe('Resumes behind the event of this `id`.'),
});

const resumeQuery = {
  lastEventId: lastEventId.describe('The same, for clients that cannot set headers. The header wins.'),
};

export const executionEventsQuerySchema = z.strictObject(resumeQuery);

export const eventsQuerySchema = z.strictObject({
  ...resumeQuery,
  type: typesSchema
    .optional()
    .describe('Only events of these types, separated by commas; `step.*` stands for every type of a group.'),
  executionId: idSchema.optional().describe('Only events of this execution and its steps.'),
  workflowId: idSchema.optional().describe('Only events of executions of this workflow, and their steps.'),
});
