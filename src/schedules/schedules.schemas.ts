import { z } from 'zod';
import { DEFAULT_PAGE_LIMIT, MAX_PAGE_LIMIT, idSchema, jsonValueSchema, type Page } from '#core';
import { MISSED_POLICIES, scheduleRequestSchema, type Schedule, type ScheduleSummary } from '#schedules';
import { submitBodySchema } from '../executions/executions.schemas.js';
import { answers } from '../openapi/components.js';
import { integerText } from '../problems/parse-request.js';

/** What the library takes; workflow and input look as those of a submit do, and are checked as there. */
export const scheduleBodySchema = scheduleRequestSchema
  .extend({ workflow: submitBodySchema.shape.workflow, input: submitBodySchema.shape.input })
  .meta({ required: ['workflow'] });

export const scheduleParamsSchema = z.strictObject({ id: idSchema.describe('The `scheduleId`.') });

export const listSchedulesQuerySchema = z.strictObject({
  limit: integerText(1, MAX_PAGE_LIMIT).default(DEFAULT_PAGE_LIMIT).describe('Longest page.'),
  cursor: z.string().min(1).optional().describe('The `nextCursor` of the page before.'),
});

const timeSchema = z.iso.datetime();

const summarySchema = z.object({
  scheduleId: z.string(),
  workflowId: z.string(),
  cron: z.string().nullable(),
  timezone: z.string().nullable().describe('In which `cron` is read; null without one.'),
  everyMs: z.int().min(1).nullable(),
  at: timeSchema.nullable(),
  missed: z.enum(MISSED_POLICIES),
  priority: z.int().min(0).max(10).nullable().describe('Null where the workflow says it.'),
  timeoutMs: z.int().min(1).nullable().describe('Null where the workflow says it.'),
  createdAt: timeSchema,
  nextAt: timeSchema,
  lastAt: timeSchema.nullable().describe('Which of its times led to an execution last.'),
  lastExecutionId: z.string().nullable(),
});

const scheduleSummarySchema = answers<ScheduleSummary>()('ScheduleSummary', summarySchema);

export const scheduleSchema = answers<Schedule>()(
  'Schedule',
  summarySchema.extend({
    workflow: jsonValueSchema.describe('The document as it was given.'),
    input: jsonValueSchema,
  }),
);

export const schedulePageSchema = answers<Page<ScheduleSummary>>()(
  'SchedulePage',
  z.object({
    items: z.array(scheduleSummarySchema).describe('The newest first.'),
    nextCursor: z.string().nullable().describe('Null on the last page.'),
  }),
);
