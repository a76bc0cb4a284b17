import { z } from 'zod';
import type { Schedule, ScheduleSummary } from '#schedules';
import type { OperationSpec } from '../openapi/operation.js';
import { noQuerySchema } from '../problems/parse-request.js';
import {
  listSchedulesQuerySchema,
  scheduleBodySchema,
  scheduleParamsSchema,
  schedulePageSchema,
  scheduleSchema,
} from './schedules.schemas.js';

/** Runs on the pools that `npm start` has. */
const WHAT = {
  workflow: {
    id: 'count-words',
    steps: [
      {
        id: 'facts',
        capability: 'analyse-file',
        input: { path: 'notes.txt', text: '{% $input.text %}' },
      },
    ],
  },
  input: { text: 'Bounded, validated, observable.' },
};

const SUMMARY: ScheduleSummary = {
  scheduleId: 'monday-report',
  workflowId: 'count-words',
  cron: '0 7 * * MON',
  timezone: 'Europe/Berlin',
  everyMs: null,
  at: null,
  missed: 'run-once',
  priority: null,
  timeoutMs: null,
  createdAt: '2026-11-12T09:30:00.000Z',
  nextAt: '2026-11-16T06:00:00.000Z',
  lastAt: null,
  lastExecutionId: null,
};

const SCHEDULE: Schedule = { ...SUMMARY, ...WHAT };

const HOURLY: Schedule = {
  ...SCHEDULE,
  scheduleId: '019a7b5e-7c00-7000-8000-3b1d0c9f2a41',
  cron: null,
  timezone: null,
  everyMs: 3_600_000,
  missed: 'skip',
  nextAt: '2026-11-12T10:30:00.000Z',
};

const ONCE: Schedule = {
  ...HOURLY,
  everyMs: null,
  at: '2099-12-31T22:59:00.000Z',
  missed: 'run-once',
  priority: 9,
  nextAt: '2099-12-31T22:59:00.000Z',
};

export const createSchedule = {
  id: 'createSchedule',
  tag: 'schedules',
  summary: 'Have a workflow submitted again and again, or later',
  description:
    'Give one of `cron`, `everyMs` and `at`. Each time leads to one execution, however many instances run. One of `at` is ' +
    'gone once its execution was submitted.',
  request: { query: noQuerySchema, body: scheduleBodySchema },
  responses: [
    {
      status: 201,
      description: 'It was created.',
      schema: scheduleSchema,
      headers: { Location: z.string().describe('Where the schedule is.') },
    },
  ],
  errors: [
    'SCHEDULE_EXISTS',
    'SCHEDULES_FULL',
    'QUEUE_FULL',
    'STORE_FULL',
    'BACKEND_UNAVAILABLE',
    'SHUTTING_DOWN',
  ],
  examples: {
    cron: {
      summary: 'Every Monday at seven in Berlin',
      body: { id: 'monday-report', cron: '0 7 * * MON', timezone: 'Europe/Berlin', ...WHAT },
      answer: { status: 201, body: SCHEDULE },
    },
    period: {
      summary: 'Once an hour, without those that were missed',
      body: { everyMs: 3_600_000, missed: 'skip', ...WHAT },
      answer: { status: 201, body: HOURLY },
    },
    once: {
      summary: 'Once, later',
      body: { at: '2099-12-31T23:59:00+01:00', priority: 9, ...WHAT },
      answer: { status: 201, body: ONCE },
    },
  },
} as const satisfies OperationSpec;

export const listSchedules = {
  id: 'listSchedules',
  tag: 'schedules',
  summary: 'List schedules, the newest first',
  request: { query: listSchedulesQuerySchema },
  responses: [{ status: 200, description: 'One page.', schema: schedulePageSchema }],
  errors: ['INVALID_CURSOR', 'BACKEND_UNAVAILABLE'],
  examples: {
    page: {
      summary: 'The first of them',
      query: { limit: 2 },
      answer: { status: 200, body: { items: [SUMMARY], nextCursor: null } },
    },
  },
} as const satisfies OperationSpec;

export const getSchedule = {
  id: 'getSchedule',
  tag: 'schedules',
  summary: 'Read a schedule',
  request: { params: scheduleParamsSchema, query: noQuerySchema },
  responses: [{ status: 200, description: 'The schedule as it is.', schema: scheduleSchema }],
  errors: ['SCHEDULE_NOT_FOUND', 'BACKEND_UNAVAILABLE'],
  examples: {
    waiting: {
      summary: 'One that has not fired yet',
      params: { id: 'monday-report' },
      answer: { status: 200, body: SCHEDULE },
    },
  },
} as const satisfies OperationSpec;

export const deleteSchedule = {
  id: 'deleteSchedule',
  tag: 'schedules',
  summary: 'Delete a schedule',
  description: 'What it has submitted runs on.',
  request: { params: scheduleParamsSchema, query: noQuerySchema },
  responses: [{ status: 204, description: 'It fires no more.' }],
  errors: ['SCHEDULE_NOT_FOUND', 'BACKEND_UNAVAILABLE'],
  examples: {
    gone: {
      summary: 'Delete it',
      params: { id: 'monday-report' },
      answer: { status: 204 },
    },
  },
} as const satisfies OperationSpec;
