import { z } from 'zod';
import { idSchema, readTraceparent } from '#core';
import { submitOptionsSchema } from '#dispatch';
import { MAX_WAIT_MS, reasonSchema, submitBodySchema } from '../executions/executions.schemas.js';

/** What every payload may have: what travels in headers over HTTP. */
const callShape = {
  apiKey: z.unknown().optional().describe('Looked at before the rest; see `auth`.'),
  deadlineMs: z
    .int()
    .optional()
    .describe('How long the caller still waits, ms; 0 or less: not at all any more.'),
};

const waitMs = z.int().min(0).max(MAX_WAIT_MS).optional().describe('How long to wait for the end, ms.');

export const submitPayloadSchema = submitBodySchema.extend({
  ...callShape,
  idempotencyKey: submitOptionsSchema.shape.idempotencyKey,
  traceparent: z.unknown().optional().transform(readTraceparent),
  waitMs,
});

export const getPayloadSchema = z.strictObject({ ...callShape, executionId: idSchema, waitMs });

export const cancelPayloadSchema = z.strictObject({
  ...callShape,
  executionId: idSchema,
  reason: reasonSchema,
});
