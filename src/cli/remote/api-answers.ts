import { z } from 'zod';
import { STEP_STATUSES, EXECUTION_STATUSES, type Execution, type ExecutionEvent } from '#dispatch';

/**
 * What is read of a service's answers. A newer service may say more, so unknown keys stay as they are; one that says
 * less is no service of ours.
 */
const errorSchema = z.looseObject({ code: z.string(), message: z.string() });

export const acceptedSchema = z.looseObject({
  executionId: z.string(),
  status: z.enum(EXECUTION_STATUSES),
});

export const summarySchema = z.looseObject({
  executionId: z.string(),
  workflowId: z.string(),
  status: z.enum(EXECUTION_STATUSES),
  priority: z.number(),
  submittedAt: z.string(),
  startedAt: z.string().nullable(),
  finishedAt: z.string().nullable(),
  error: errorSchema.nullable(),
});

export const executionSchema = summarySchema.extend({
  output: z.unknown(),
  steps: z.record(z.string(), z.looseObject({ status: z.enum(STEP_STATUSES) })),
}) as unknown as z.ZodType<Execution>;

export const pageSchema = z.looseObject({
  items: z.array(summarySchema),
  nextCursor: z.string().nullable(),
});

export const agentsSchema = z.looseObject({
  items: z.array(
    z.looseObject({
      agentId: z.string(),
      capability: z.string(),
      state: z.string(),
      active: z.number(),
      concurrency: z.number(),
      performance: z.looseObject({ tasks: z.number(), failures: z.number() }),
    }),
  ),
});

export const poolsSchema = z.looseObject({
  items: z.array(
    z.looseObject({
      capability: z.string(),
      kind: z.string(),
      health: z.string(),
      selection: z.string(),
      size: z.looseObject({ min: z.number(), max: z.number(), current: z.number() }),
      leases: z.looseObject({ active: z.number(), waiting: z.number() }),
    }),
  ),
});

/** The body of an error answer (RFC 9457). */
export const problemSchema = z.looseObject({
  code: z.string(),
  detail: z.string(),
  errors: z.array(z.looseObject({ path: z.string(), message: z.string() })).optional(),
  retryAfterMs: z.number().optional(),
});

/** A frame of an event stream: a CloudEvent, whose `data` is that of the event. */
export const cloudEventSchema = z.looseObject({
  type: z.string(),
  time: z.string(),
  run: z.number(),
  data: z.looseObject({
    executionId: z.string(),
    stepId: z.string().default(''),
    attempt: z.number().default(0),
    durationMs: z.number().default(0),
    delayMs: z.number().default(0),
    total: z.number().nullable().default(null),
    message: z.string().nullable().default(null),
    error: errorSchema.default({ code: '', message: '' }),
  }),
});

/** The data of a frame `gap`: how many events are missing there. */
export const gapSchema = z.looseObject({ missed: z.number().nullable() });

export function toExecutionEvent(
  { position, missed }: Pick<ExecutionEvent, 'position' | 'missed'>,
  event: z.output<typeof cloudEventSchema>,
): ExecutionEvent {
  const { type, time, run, data } = event;
  return { position, missed, type, time, run, data } as unknown as ExecutionEvent;
}
