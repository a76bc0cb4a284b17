import { z } from 'zod';
import { EVENT_TYPES, type CloudEvent, type OrchestraEventMap, type OrchestraEventType } from '#events';
import { SCALING_REASONS } from '#agent-pool';
import { answers } from '../openapi/components.js';
import { errorRecordSchema } from '../problems/problem.schemas.js';

/** The same type without what it is put together from. */
type Flat<T> = T extends object ? { [K in keyof T]: T[K] } : T;

type DataSchemas = { [T in OrchestraEventType]: z.ZodType<Flat<OrchestraEventMap[T]>> };

const durationMs = z.number().min(0);
const attempt = z.int().min(1);

const execution = { executionId: z.string(), workflowId: z.string() };
const step = { ...execution, stepId: z.string(), capability: z.string() };
const agent = { agentId: z.string(), capability: z.string() };
const pool = {
  capability: z.string(),
  reason: z
    .enum(['failures', 'no-agents'])
    .describe('Its agents fail too often, or none of them can be made.'),
  usableAgents: z.int().min(0),
};

const schedule = { scheduleId: z.string() };

const finished = {
  ...execution,
  durationMs: durationMs.describe('From the (latest) start to the end; 0 if it never started.'),
};

const unsuccessful = z
  .object({ ...finished, error: errorRecordSchema })
  .describe('`execution.failed`, `execution.cancelled`, `execution.timed_out`.');

/** What each event says; the compiler misses none. */
const DATA = {
  'execution.queued': z
    .object({
      ...execution,
      priority: z.int().min(0).max(10),
      retry: z.boolean().describe('Whether it had finished, and runs again.'),
    })
    .describe('`execution.queued`: accepted, and waiting.'),
  'execution.started': z
    .object({
      ...execution,
      strategy: z.string(),
      waitedMs: durationMs.describe('Since it was queued.'),
      recovered: z.boolean().describe('Whether another worker had begun it.'),
    })
    .describe('`execution.started`: a worker took it.'),
  'execution.completed': z.object(finished).describe('`execution.completed`.'),
  'execution.failed': unsuccessful,
  'execution.cancelled': unsuccessful,
  'execution.timed_out': unsuccessful,
  'step.started': z
    .object({ ...step, attempt, agentId: z.string() })
    .describe('`step.started`: an attempt was handed to an agent.'),
  'step.completed': z
    .object({ ...step, attempt, agentId: z.string(), durationMs })
    .describe('`step.completed`.'),
  'step.failed': z
    .object({
      ...step,
      attempt: z.int().min(0),
      agentId: z.string().nullable().describe('Null when no agent was reached.'),
      durationMs,
      error: errorRecordSchema,
    })
    .describe('`step.failed`: no attempt follows.'),
  'step.retrying': z
    .object({
      ...step,
      attempt: z.int().min(0).describe('0 when no agent was reached yet.'),
      delayMs: durationMs,
      error: errorRecordSchema,
    })
    .describe('`step.retrying`: an attempt failed, and another one follows.'),
  'step.skipped': z
    .object({
      ...step,
      reason: z
        .enum(['when', 'dependency'])
        .describe('`when` was false, or a step it depends on failed with `onError: skip`.'),
    })
    .describe('`step.skipped`.'),
  'step.cancelled': z
    .object({ ...step, attempt: z.int().min(0) })
    .describe('`step.cancelled`: it was in flight when its execution was stopped.'),
  'step.progress': z
    .object({
      ...step,
      attempt,
      progress: z.number(),
      total: z.number().nullable(),
      message: z.string().nullable(),
    })
    .describe('`step.progress`: what an agent reported of its task.'),
  'queue.repaired': z
    .object({ ...execution, status: z.enum(['pending', 'running']).describe('How far it had come.') })
    .describe('`queue.repaired`: an execution that is not finished had no job, and has one now.'),
  'agent.started': z.object({ ...agent, durationMs }).describe('`agent.started`.'),
  'agent.failed': z
    .object({
      ...agent,
      reason: z
        .enum(['create', 'abandoned', 'unhealthy', 'lost'])
        .describe(
          'It could not be made; it ignored an abort, failed its pings, or said that it is gone, and is replaced.',
        ),
      error: errorRecordSchema,
      retryInMs: durationMs.describe('When it, or its replacement, is made again.'),
    })
    .describe('`agent.failed`.'),
  'agent.quarantined': z
    .object({ ...agent, error: errorRecordSchema, retryInMs: durationMs.describe('When it is tried again.') })
    .describe('`agent.quarantined`: it failed too often, and is left alone for a while.'),
  'agent.recovered': z
    .object({
      ...agent,
      attempts: z
        .int()
        .min(0)
        .describe('How often it was made; 0 when it was there and its pings succeed again.'),
    })
    .describe('`agent.recovered`: it is back after a failure.'),
  'agent.stopped': z
    .object({ ...agent, tasks: z.int().min(0).describe('How many it had.') })
    .describe('`agent.stopped`.'),
  'pool.unavailable': z
    .object({
      ...pool,
      retryAfterMs: durationMs.describe('When tasks may be taken again.'),
      tasks: z.int().min(0).describe('In the window of its breaker.'),
      failures: z.int().min(0),
      refused: z.int().min(0).describe('Tasks that waited for an agent.'),
    })
    .describe('`pool.unavailable`: tasks are refused from now on.'),
  'pool.available': z
    .object({ ...pool, unavailableMs: durationMs })
    .describe('`pool.available`: it is over.'),
  'pool.scaled': z
    .object({
      capability: z.string(),
      from: z.int().min(0),
      to: z.int().min(0),
      reasons: z
        .array(z.enum(SCALING_REASONS))
        .readonly()
        .describe(
          '`waiting`: leases wait; `utilization`: more slots are taken than shall be; `failing`: agents that fail are ' +
            'made up for; `surplus`: the load was lower for long enough; `resized`: it was told to.',
        ),
      busy: z.int().min(0).describe('Leases held at the decision.'),
      waiting: z.int().min(0).describe('Leases that waited.'),
      capacity: z.int().min(0).describe('Slots of the agents that worked or soon would.'),
    })
    .describe('`pool.scaled`: agents of a pool are begun, or leave.'),
  'pool.draining': z
    .object({
      capability: z.string(),
      busy: z.int().min(0).describe('Leases held.'),
      waiting: z.int().min(0).describe('Leases that wait.'),
    })
    .describe('`pool.draining`: no lease of it is granted any more.'),
  'pool.resumed': z
    .object({ capability: z.string(), waiting: z.int().min(0).describe('Leases that waited.') })
    .describe('`pool.resumed`: leases are granted again.'),
  'schedule.created': z
    .object({ ...schedule, workflowId: z.string(), nextAt: z.iso.datetime() })
    .describe('`schedule.created`.'),
  'schedule.deleted': z
    .object({
      ...schedule,
      reason: z
        .enum(['requested', 'finished'])
        .describe('Somebody asked for it, or its single time has come.'),
    })
    .describe('`schedule.deleted`: it fires no more.'),
  'schedule.fired': z
    .object({
      ...schedule,
      ...execution,
      at: z.iso.datetime().describe('When it was due.'),
      lateMs: durationMs.describe('How much later it was.'),
    })
    .describe('`schedule.fired`: its execution was submitted.'),
  'schedule.skipped': z
    .object({
      ...schedule,
      at: z.iso.datetime().describe('When it was due.'),
      reason: z.enum(['missed', 'refused']).describe('It is too late, or the submit was refused.'),
      error: errorRecordSchema.nullable().describe('Why it was refused.'),
    })
    .describe('`schedule.skipped`: nothing was submitted, and it goes on with its next time.'),
  'schedule.repaired': z
    .object({ ...schedule, nextAt: z.iso.datetime() })
    .describe('`schedule.repaired`: the job of its next time was missing, and was added.'),
} as const satisfies DataSchemas;

interface DescribedEvent extends Omit<CloudEvent, 'data'> {
  data: Flat<CloudEvent['data']>;
}

export const cloudEventSchema = answers<DescribedEvent>()(
  'CloudEvent',
  z
    .object({
      specversion: z.literal('1.0'),
      id: z.string().describe('With `source`, unique; the same in every stream.'),
      source: z.string().describe('The `events.source` of the service, a URI-reference.'),
      type: z.enum(EVENT_TYPES),
      subject: z
        .string()
        .describe(
          'The execution, `<executionId>/<stepId>` of a step, the agent, the capability of a pool, or the schedule.',
        ),
      time: z.iso.datetime(),
      datacontenttype: z.literal('application/json'),
      run: z
        .int()
        .min(1)
        .optional()
        .describe(
          'Of which run of its execution: 1, and one more with every retry. No part of the events of agents, pools and schedules.',
        ),
      data: z
        .union([...new Set<(typeof DATA)[OrchestraEventType]>(Object.values(DATA))])
        .describe('By `type`. Never the input or output of a task.'),
    })
    .describe('An event in the JSON format of CloudEvents 1.0.'),
);
