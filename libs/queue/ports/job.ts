import { z } from 'zod';
import { DEFAULT_RETRY_POLICY, idSchema, retryPolicySchema, type ErrorRecord, delayMsSchema } from '#core';

/**
 * A job is `delayed` until its time, `waiting` for a consumer, `active` in a handler, and ends `completed` or `failed`.
 * A failing attempt that is not the last leads back to `delayed` (or `waiting`); an interrupted one to `waiting`.
 */
export const JOB_STATES = ['waiting', 'delayed', 'active', 'completed', 'failed'] as const;
export type JobState = (typeof JOB_STATES)[number];

export const MIN_PRIORITY = 0;
export const MAX_PRIORITY = 10;
export const DEFAULT_PRIORITY = 5;

export const prioritySchema = z.int().min(MIN_PRIORITY).max(MAX_PRIORITY).default(DEFAULT_PRIORITY);

export const jobRetentionSchema = z.strictObject({
  maxAgeMs: z.int().min(0).default(86_400_000).describe('How long a finished job is kept.'),
  maxCount: z
    .int()
    .min(0)
    .default(10_000)
    .describe(
      'How many finished jobs are kept, the latest ones; a durable driver counts completed and failed ones apart.',
    ),
});
export type JobRetention = z.output<typeof jobRetentionSchema>;

export const addOptionsSchema = z.strictObject({
  id: idSchema.optional().describe('The same id is the same job while it is kept. Default: a new UUIDv7.'),
  priority: prioritySchema.describe('0..10, 10 first; first in, first out within one priority.'),
  delayMs: delayMsSchema.default(0).describe('Earliest moment of the first attempt.'),
  attempts: z.int().min(1).max(100).default(1).describe('How often the handler may fail in all.'),
  backoff: retryPolicySchema
    .omit({ maxAttempts: true })
    .default(DEFAULT_RETRY_POLICY)
    .describe('Full jitter.'),
});
export type AddOptions = z.input<typeof addOptionsSchema>;

/**
 * What a job looks like to its callers. `data` and `result` are what their JSON text would be read back as, and are only
 * to be read: a driver may give everybody the same ones, frozen.
 */
export interface JobRecord<T> {
  id: string;
  data: T;
  state: JobState;
  priority: number;
  /** Attempts that failed or succeeded, interrupted ones not counted. */
  attemptsMade: number;
  attempts: number;
  /**
   * How often a consumer that had the job was lost before it ended it: its process died, or did not renew its right to
   * the job in time. Those are no attempts. Always 0 where jobs do not outlive their process.
   */
  recoveries: number;
  /** ISO 8601. */
  addedAt: string;
  startedAt: string | null;
  finishedAt: string | null;
  /** What the handler returned, when `completed`. */
  result: unknown;
  /** Of the last failed attempt. */
  error: ErrorRecord | null;
}
