import { UnrecoverableError } from 'bullmq';
import { z } from 'zod';
import { parseJson, type ErrorRecord } from '#core';

/** Code of a failure that BullMQ put down itself. */
const FALLBACK_CODE = 'JOB_FAILED';

const errorRecordSchema = z.object({
  code: z.string(),
  message: z.string(),
  retryable: z.boolean(),
  details: z.record(z.string(), z.unknown()).optional(),
});

/**
 * What a processor rejects with, so that BullMQ keeps the whole record: the message of an error is all that it keeps,
 * beside a stack that nobody reads.
 *
 * @param final whether there is no further attempt.
 */
export function toFailure(record: ErrorRecord, final: boolean): Error {
  const message = JSON.stringify(record);
  const failure = final ? new UnrecoverableError(message) : new Error(message);
  failure.stack = '';
  return failure;
}

/** The record that is in a job's `failedReason`. */
export function readFailure(reason: string): ErrorRecord {
  const { data } = errorRecordSchema.safeParse(parseJson(reason));
  if (data === undefined) return { code: FALLBACK_CODE, message: reason, retryable: true };
  const { details, ...record } = data;
  return details === undefined ? record : { ...record, details };
}
