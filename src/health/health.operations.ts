import type { HealthCheckResult } from '@nestjs/terminus';
import { z } from 'zod';
import { component } from '../openapi/components.js';
import type { OperationSpec, ResponseSpec } from '../openapi/operation.js';

const findingsSchema = z.record(z.string(), z.looseObject({ status: z.enum(['up', 'degraded', 'down']) }));

const healthSchema = component(
  'Health',
  z.object({
    status: z.enum(['ok', 'degraded', 'error', 'shutting_down']),
    info: findingsSchema.optional().describe('What is up.'),
    error: findingsSchema.optional().describe('What is down.'),
    details: findingsSchema.describe('Everything that was looked at, by name.'),
  }) satisfies z.ZodType<HealthCheckResult>,
);

const FIT: ResponseSpec = {
  status: 200,
  description: 'Up, or degraded and still of use.',
  schema: healthSchema,
};
const UNFIT: ResponseSpec = {
  status: 503,
  description: 'Something that is needed is down.',
  schema: healthSchema,
};

/** The report of a check that found everything up. */
function healthy(details: HealthCheckResult['details']): HealthCheckResult {
  return { status: 'ok', info: details, error: {}, details };
}

const EVERYTHING = healthy({
  service: { status: 'up', state: 'ready' },
  queue: { status: 'up', durable: false },
  state: { status: 'up', durable: false },
  dispatch: { status: 'up', accepting: true, running: 0, waiting: 0, tasksAbandoned: 0 },
  pools: { status: 'up', details: {} },
});

export const getHealth = {
  id: 'getHealth',
  tag: 'health',
  summary: 'The health of every part',
  responses: [FIT, UNFIT],
  examples: { up: { summary: 'All is well', answer: { status: 200, body: EVERYTHING } } },
} as const satisfies OperationSpec;

export const getLiveness = {
  id: 'getLiveness',
  tag: 'health',
  summary: 'Whether the process answers at all',
  description: 'Depends on nothing: an outage of a backend is no reason to start the process anew.',
  responses: [FIT],
  examples: { up: { summary: 'It answers', answer: { status: 200, body: healthy({}) } } },
} as const satisfies OperationSpec;

export const getReadiness = {
  id: 'getReadiness',
  tag: 'health',
  summary: 'Whether work should be sent here',
  description:
    'Not while starting or draining, without the backends of queue and state, without a consumer that can take work, or while a pool lacks the usable agents that its ' +
    '`readyWhen` asks for: `error.pools.details` names it.',
  responses: [FIT, UNFIT],
  examples: {
    up: {
      summary: 'Ready',
      answer: {
        status: 200,
        body: healthy({
          service: { status: 'up', state: 'ready' },
          queue: { status: 'up', durable: false },
          state: { status: 'up', durable: false },
          pools: { status: 'up' },
        }),
      },
    },
  },
} as const satisfies OperationSpec;

export const getStartup = {
  id: 'getStartup',
  tag: 'health',
  summary: 'Whether the start is over',
  description:
    'Every pool has had its quorum, or the first attempt to make each agent has ended, well or not.',
  responses: [FIT, UNFIT],
  examples: {
    up: {
      summary: 'Started',
      answer: { status: 200, body: healthy({ service: { status: 'up', state: 'ready' } }) },
    },
  },
} as const satisfies OperationSpec;

export const getDetailedHealth = {
  ...getHealth,
  id: 'getDetailedHealth',
  summary: 'The health of every part, with its figures',
} as const satisfies OperationSpec;
