import { z } from 'zod';
import {
  DEFAULT_PAGE_LIMIT,
  MAX_PAGE_LIMIT,
  idSchema,
  jsonValueSchema,
  retryPolicySchema,
  type JsonObject,
  type Page,
} from '#core';
import {
  EXECUTION_STATUSES,
  STEP_STATUSES,
  STRATEGIES,
  stepSchema,
  submitOptionsSchema,
  workflowSchema,
  type Execution,
  type ExecutionStatus,
  type ExecutionSummary,
  type StepRecord,
} from '#dispatch';
import { answers, component, referenceTo } from '../openapi/components.js';
import { integerText } from '../problems/parse-request.js';
import { errorRecordSchema } from '../problems/problem.schemas.js';

component('JsonValue', jsonValueSchema);
component('RetryPolicy', retryPolicySchema);
component('Step', stepSchema);
component('Workflow', workflowSchema);

/** Longest wait for an execution to finish; a client that wants longer asks again. */
export const MAX_WAIT_MS = 60_000;

const MAX_REASON_LENGTH = 1_000;

const waitMs = integerText(0, MAX_WAIT_MS)
  .optional()
  .describe('How long to wait for the execution to finish, ms; then it is answered whole, as it is.');

/**
 * Workflow and input are the dispatcher's to check: a walk through them here would find nothing that its own does not.
 * In JSON Schema they are what the dispatcher takes. See `contentProblems`.
 */
export const submitBodySchema = submitOptionsSchema
  .omit({ idempotencyKey: true, deadlineMs: true, traceparent: true })
  .extend({
    input: z
      .unknown()
      .optional()
      .meta({
        ...referenceTo(jsonValueSchema),
        default: {},
        description: submitOptionsSchema.shape.input.description,
      }),
    workflow: z
      .unknown()
      .optional()
      .meta({ ...referenceTo(workflowSchema), description: 'The workflow document.' }),
  })
  .meta({ required: ['workflow'] });

export const submitHeadersSchema = z.strictObject({
  'Idempotency-Key': idSchema
    .optional()
    .describe('The same key and request again is the same execution, for as long as that is kept.'),
  // Read by `readTraceparent`, which finds nothing wrong with anything.
  traceparent: z
    .unknown()
    .optional()
    .meta({ type: 'string', description: 'W3C trace context, for the agents; a malformed one is ignored.' }),
});

export const waitQuerySchema = z.strictObject({ waitMs });

export const executionParamsSchema = z.strictObject({ id: idSchema.describe('The `executionId`.') });

export const listQuerySchema = z.strictObject({
  status: z.enum(EXECUTION_STATUSES).optional().describe('Only those in this status.'),
  workflowId: idSchema.optional().describe('Only those of this workflow.'),
  limit: integerText(1, MAX_PAGE_LIMIT).default(DEFAULT_PAGE_LIMIT).describe('Longest page.'),
  cursor: z.string().min(1).optional().describe('The `nextCursor` of the page before.'),
});

export const reasonSchema = z.string().max(MAX_REASON_LENGTH).optional().describe('Kept with the execution.');

export const cancelBodySchema = z.strictObject({ reason: reasonSchema }).optional();

/** Asking for another run takes no arguments. */
export const retryBodySchema = z.strictObject({}).optional();

/** The answer to a request that was accepted; `Location` tells where the execution is. */
export interface AcceptedExecution {
  executionId: string;
  status: ExecutionStatus;
}

const statusSchema = z.enum(EXECUTION_STATUSES);
const timeSchema = z.iso.datetime().nullable();

export const acceptedExecutionSchema = answers<AcceptedExecution>()(
  'AcceptedExecution',
  z.object({ executionId: z.string(), status: statusSchema }),
);

const stepRecordSchema = answers<StepRecord>()(
  'StepRecord',
  z.object({
    status: z.enum(STEP_STATUSES),
    attempts: z.int().min(0).describe('Attempts begun.'),
    agentId: z.string().nullable().describe('Of the latest attempt, like the times.'),
    startedAt: timeSchema,
    finishedAt: timeSchema,
    output: jsonValueSchema,
    error: errorRecordSchema.nullable(),
  }),
);

const summarySchema = z.object({
  executionId: z.string(),
  workflowId: z.string(),
  status: statusSchema,
  priority: z.int().min(0).max(10),
  timeoutMs: z.int().min(1),
  strategy: z.enum(STRATEGIES).nullable().describe('How its steps are run; null until it has started.'),
  submittedAt: z.iso.datetime(),
  startedAt: timeSchema.describe('The first start of this run.'),
  finishedAt: timeSchema,
  cancelRequestedAt: timeSchema,
  error: errorRecordSchema.nullable(),
});

export const executionSummarySchema = answers<ExecutionSummary>()('ExecutionSummary', summarySchema);

export const executionSchema = answers<Execution>()(
  'Execution',
  summarySchema.extend({
    input: jsonValueSchema,
    output: jsonValueSchema,
    metadata: z.custom<JsonObject>().meta({ type: 'object', description: 'Of the workflow.' }),
    steps: z.record(z.string(), stepRecordSchema).describe('By id, each from submission on.'),
  }),
);

export const executionPageSchema = answers<Page<ExecutionSummary>>()(
  'ExecutionPage',
  z.object({
    items: z.array(executionSummarySchema).describe('The newest first.'),
    nextCursor: z.string().nullable().describe('Null on the last page.'),
  }),
);
