import { z } from 'zod';
import { delayMsSchema, durationMsSchema } from '#core';
import { WORKFLOW_MODES } from './document/workflow.js';

const retentionSchema = z.strictObject({
  maxAgeMs: z.int().min(1).default(86_400_000).describe('How long a finished execution is kept.'),
  maxCount: z
    .int()
    .min(1)
    .default(10_000)
    .describe('How many finished executions are kept, the latest ones.'),
});

export const dispatchOptionsSchema = z.strictObject({
  consume: z
    .boolean()
    .default(true)
    .describe(
      'False: this process takes executions in and answers for them, and leaves it to others to run, repair and forget them. On driver `bullmq`.',
    ),
  maxConcurrentWorkflows: z
    .int()
    .min(1)
    .max(10_000)
    .default(10)
    .describe('Executions that run at once in this process.'),
  maxConcurrentWorkflowsTotal: z
    .int()
    .min(1)
    .max(1_000_000)
    .optional()
    .describe('Executions that run at once in all processes together. Default: no limit but that of each.'),
  maxConcurrentSteps: z
    .int()
    .min(1)
    .max(10_000)
    .default(16)
    .describe('Steps of one execution that run at once.'),
  maxQueueDepth: z
    .int()
    .min(1)
    .default(10_000)
    .describe('Executions that may wait; the next is refused with QUEUE_FULL.'),
  defaultTimeoutMs: durationMsSchema
    .default(300_000)
    .describe('Of an execution whose request and workflow name none.'),
  maxSteps: z.int().min(1).max(100_000).default(1_000).describe('Steps that a workflow may have.'),
  mode: z.enum(WORKFLOW_MODES).default('adaptive').describe('Of a workflow that names none.'),
  abortGraceMs: delayMsSchema
    .default(5_000)
    .describe('How long a task may ignore its aborted signal before it is given up.'),
  expressionTimeoutMs: durationMsSchema
    .default(100)
    .describe('How long the expressions of one input, `when` or output may take together.'),
  gracePeriodMs: delayMsSchema
    .default(30_000)
    .describe('How long a drain waits for executions before it aborts them.'),
  lockDurationMs: z
    .int()
    .min(1_000)
    .max(3_600_000)
    .default(10_000)
    .describe(
      'How long a worker that says nothing keeps its executions: one whose event loop is blocked for longer loses them. On driver `bullmq`.',
    ),
  stalledIntervalMs: z
    .int()
    .min(100)
    .max(3_600_000)
    .default(4_000)
    .describe(
      'How often executions whose worker was lost are looked for; they begin again within lockDurationMs + 2 × this. On driver `bullmq`.',
    ),
  maxRecoveries: z
    .int()
    .min(1)
    .max(100)
    .default(3)
    .describe('Workers in a row that may be lost with an execution before it fails as POISONED.'),
  retention: retentionSchema
    .prefault({})
    .describe('Finished executions beyond either bound are forgotten, whenever another one finishes.'),
});

export type DispatchOptions = z.output<typeof dispatchOptionsSchema>;
export type DispatchOptionsInput = z.input<typeof dispatchOptionsSchema>;
