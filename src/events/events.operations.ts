import { z } from 'zod';
import { DEFAULT_EVENT_SOURCE, toCloudEvent, type OrchestraEventMap, type OrchestraEventType } from '#events';
import { executionParamsSchema } from '../executions/executions.schemas.js';
import type { OperationSpec } from '../openapi/operation.js';
import { EVENT_STREAM_MEDIA_TYPE } from './accepts-event-stream.js';
import {
  executionEventsQuerySchema,
  eventsQuerySchema,
  streamHeadersSchema,
} from './event-streams.schemas.js';
import { FIRST_FRAME, eventFrame, gapFrame, positionFrame } from './sse-frames.js';
import { executionItemSchema, serviceItemSchema } from './stream-item.schemas.js';

const STREAM = `Server-sent events: \`id\` is a position, \`event\` the type, \`data\` one \`CloudEvent\` as JSON. Comments, which
clients skip, come between them as heartbeat; \`retry\` tells after how many milliseconds to come back when the stream ends.
\`Last-Event-ID\`, which an \`EventSource\` sends by itself, resumes behind a position.`;

const headers = { 'Cache-Control': z.literal('no-store').describe('It is for one reader.') };

const ID = '019a7b5e-7c00-7000-8000-3b1d0c9f2a41';
const RECORDING = '019a7b5e-7a00-7000-8000-5d2e8f1a6b37';

const execution = { executionId: ID, workflowId: 'count-words' };
const queued = { ...execution, priority: 5, retry: false };
const started = { ...execution, strategy: 'parallel-coordinated', waitedMs: 10, recovered: false };
const attempt = {
  ...execution,
  stepId: 'facts',
  capability: 'analyse-file',
  attempt: 1,
  agentId: '019a7b5e-7b00-7000-8000-1f6a2c4e8d90',
};
const completed = { ...execution, durationMs: 50 };

/** The event of the example's execution, with that number in its log, that many milliseconds after it was accepted. */
function frame<T extends OrchestraEventType>(
  position: string,
  type: T,
  data: OrchestraEventMap[T],
  { mark, ms }: { mark: string; ms: number },
): string {
  const time = `2026-11-12T09:30:00.0${String(ms).padStart(2, '0')}Z`;
  return eventFrame(
    position,
    toCloudEvent(type, data, { id: `${ID}.${mark}`, time, run: 1 }, DEFAULT_EVENT_SOURCE),
  );
}

const ENDING = [
  frame('0000000000000002', 'execution.started', started, { mark: '1.1', ms: 10 }),
  frame('0000000000000003', 'step.started', attempt, { mark: '1.2', ms: 12 }),
  frame('0000000000000004', 'step.completed', { ...attempt, durationMs: 38 }, { mark: '1.3', ms: 50 }),
  frame('0000000000000005', 'execution.completed', completed, { mark: '1.4', ms: 60 }),
].join('');

export const streamExecutionEvents = {
  id: 'streamExecutionEvents',
  tag: 'events',
  summary: 'Follow an execution',
  description:
    `${STREAM}\n\nThe stream begins with the first event, whenever that was, and ends with the final one. ` +
    'The log of an execution keeps its latest 10,000 events: where older ones are missing, at the start, behind a position ' +
    'that is no longer kept or before a reader who is slow, it has one of the type `gap`, an `EventGap`, without an `id`. ' +
    'A stream that ends before the final event, with another `retry`, is cut by the end of the process: come back.',
  request: { params: executionParamsSchema, query: executionEventsQuerySchema, headers: streamHeadersSchema },
  responses: [
    {
      status: 200,
      description: 'Events, as they come.',
      type: EVENT_STREAM_MEDIA_TYPE,
      schema: z.string(),
      item: executionItemSchema,
      headers,
    },
    {
      status: 204,
      description: 'Nothing follows the final event, and nothing will: an `EventSource` does not come back.',
      headers,
    },
  ],
  errors: [
    'EXECUTION_NOT_FOUND',
    'INVALID_CURSOR',
    'NOT_ACCEPTABLE',
    'BACKEND_UNAVAILABLE',
    'TOO_MANY_STREAMS',
    'SHUTTING_DOWN',
  ],
  examples: {
    whole: {
      summary: 'From the first event to the final one',
      params: { id: ID },
      answer: {
        status: 200,
        type: EVENT_STREAM_MEDIA_TYPE,
        body: `${FIRST_FRAME}${frame('0000000000000001', 'execution.queued', queued, { mark: '0.1', ms: 0 })}${ENDING}`,
      },
    },
    resumed: {
      summary: 'Go on behind the first event',
      params: { id: ID },
      headers: { 'Last-Event-ID': '0000000000000001' },
      answer: { status: 200, type: EVENT_STREAM_MEDIA_TYPE, body: `${FIRST_FRAME}${ENDING}` },
    },
    late: {
      summary: 'Go on behind an event that is no longer kept: how it begins',
      params: { id: ID },
      headers: { 'Last-Event-ID': '0000000000000001' },
      answer: {
        status: 200,
        type: EVENT_STREAM_MEDIA_TYPE,
        body: [
          FIRST_FRAME,
          gapFrame(null),
          frame('0000000000005204', 'step.started', attempt, { mark: '1.5203', ms: 48 }),
        ].join(''),
      },
    },
  },
} as const satisfies OperationSpec;

export const streamEvents = {
  id: 'streamEvents',
  tag: 'events',
  summary: 'Follow the service',
  description:
    `${STREAM}\n\nThe stream has the events of this process, from the next one on, and ends with the process. The latest ` +
    '`events.maxRecentEvents` are kept, for readers who are slow or come back: where events are missing it has one of the ' +
    'type `gap`, an `EventGap`. An `id` without `data` is a position alone.',
  request: { query: eventsQuerySchema, headers: streamHeadersSchema },
  responses: [
    {
      status: 200,
      description: 'Events, as they come.',
      type: EVENT_STREAM_MEDIA_TYPE,
      schema: z.string(),
      item: serviceItemSchema,
      headers,
    },
  ],
  errors: ['INVALID_CURSOR', 'NOT_ACCEPTABLE', 'TOO_MANY_STREAMS', 'SHUTTING_DOWN'],
  examples: {
    executions: {
      summary: 'Every execution, without its steps',
      query: { type: 'execution.*' },
      answer: {
        status: 200,
        type: EVENT_STREAM_MEDIA_TYPE,
        body: [
          FIRST_FRAME,
          positionFrame(`${RECORDING}.811`),
          frame(`${RECORDING}.812`, 'execution.queued', queued, { mark: '0.1', ms: 0 }),
          frame(`${RECORDING}.813`, 'execution.started', started, { mark: '1.1', ms: 10 }),
        ].join(''),
      },
    },
    gap: {
      summary: 'Come back when the process has started anew',
      headers: { 'Last-Event-ID': '019a7b5e-6a00-7000-8000-4c1d7e0f5a26.1207' },
      answer: {
        status: 200,
        type: EVENT_STREAM_MEDIA_TYPE,
        body: `${FIRST_FRAME}${gapFrame(null, `${RECORDING}.811`)}`,
      },
    },
  },
} as const satisfies OperationSpec;
