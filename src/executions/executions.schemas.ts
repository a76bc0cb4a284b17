import { z } from 'zod';
import { DEFAULT_PAGE_LIMIT, MAX_PAGE_LIMIT, idSchema } from '#core';
import { EXECUTION_STATUSES, submitOptionsSchema } from '#dispatch';
import { integerText } from '../problems/parse-request.js';

/** Longest wait for an execution to finish; a client that wants longer asks again. */
const MAX_WAIT_MS = 60_000;

const MAX_REASON_LENGTH = 1_000;

const waitMs = integerText(0, MAX_WAIT_MS)
  .optional()
  .describe('How long to wait for the execution to finish, ms; then it is answered whole, as it is.');

export const submitBodySchema = submitOptionsSchema
  .omit({ idempotencyKey: true })
  .extend({ workflow: z.unknown().optional().describe('The workflow document.') });

export const submitHeadersSchema = z.strictObject({
  'Idempotency-Key': idSchema
    .optional()
    .describe('The same key and request again is the same execution, for as long as that is kept.'),
});

export const waitQuerySchema = z.strictObject({ waitMs });

export const executionParamsSchema = z.strictObject({ id: idSchema });

export const listQuerySchema = z.strictObject({
  status: z.enum(EXECUTION_STATUSES).optional(),
  workflowId: idSchema.optional(),
  limit: integerText(1, MAX_PAGE_LIMIT).default(DEFAULT_PAGE_LIMIT),
  cursor: z.string().min(1).optional().describe('The `nextCursor` of the page before.'),
});

export const cancelBodySchema = z
  .strictObject({ reason: z.string().max(MAX_REASON_LENGTH).optional().describe('Kept with the execution.') })
  .optional();

/** Asking for another run takes no arguments. */
export const retryBodySchema = z.strictObject({}).optional();
