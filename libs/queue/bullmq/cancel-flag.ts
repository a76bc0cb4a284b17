import { z } from 'zod';
import { AbortedError, toErrorRecord } from '#core';

/**
 * That an active job was cancelled, as it is kept with the job: in its `progress`, which BullMQ reads and forgets together
 * with the job. So whoever starts the job anew, after its worker died, is told without asking.
 */
const cancelFlagSchema = z.object({
  cancelled: z.object({ message: z.string(), details: z.record(z.string(), z.unknown()).optional() }),
});
export type CancelFlag = z.output<typeof cancelFlagSchema>;

/** What takes a flag back. */
export const NO_FLAG = 0;

export function toCancelFlag(reason: AbortedError): CancelFlag {
  const { message, details } = toErrorRecord(reason, reason.code);
  return { cancelled: details === undefined ? { message } : { message, details } };
}

/** The reason in a job's `progress`; undefined when it was not cancelled. */
export function readCancelFlag(progress: unknown): AbortedError | undefined {
  // Nearly always: 0.
  if (typeof progress !== 'object') return undefined;
  const { data } = cancelFlagSchema.safeParse(progress);
  return data && new AbortedError('cancel', data.cancelled.message, { details: data.cancelled.details });
}
