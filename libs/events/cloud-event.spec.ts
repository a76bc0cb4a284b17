import { Ajv } from 'ajv';
import formats from 'ajv-formats';
import { DEFAULT_EVENT_SOURCE, toCloudEvent } from './cloud-event.js';
import { EVENT_TYPES, type OrchestraEventMap, type OrchestraEventType } from './event-map.js';

/** CloudEvents 1.0 in JSON: the attributes of https://github.com/cloudevents/spec, extensions as its §3.1 names them. */
const SCHEMA = {
  type: 'object',
  required: ['specversion', 'id', 'source', 'type'],
  properties: {
    specversion: { const: '1.0' },
    id: { type: 'string', minLength: 1 },
    source: { type: 'string', minLength: 1, format: 'uri-reference' },
    type: { type: 'string', minLength: 1 },
    subject: { type: 'string', minLength: 1 },
    time: { type: 'string', format: 'date-time' },
    datacontenttype: { const: 'application/json' },
    data: { type: 'object' },
  },
  patternProperties: { '^[a-z0-9]{1,20}$': {} },
  additionalProperties: false,
};

const isCloudEvent = formats.default(new Ajv({ strict: true, allErrors: true })).compile(SCHEMA);

const execution = { executionId: 'e-1', workflowId: 'w' };
const step = { ...execution, stepId: 'fetch', capability: 'files' };
const agent = { agentId: 'a-1', capability: 'files' };
const error = { code: 'X', message: 'two\nlines', retryable: false };

/** One of each; the compiler misses none. */
const EVENTS: { [T in OrchestraEventType]: OrchestraEventMap[T] } = {
  'execution.queued': { ...execution, priority: 5, retry: false },
  'execution.started': { ...execution, strategy: 'hybrid', waitedMs: 1, recovered: false },
  'execution.completed': { ...execution, durationMs: 1.5 },
  'execution.failed': { ...execution, durationMs: 1, error },
  'execution.cancelled': { ...execution, durationMs: 1, error },
  'execution.timed_out': { ...execution, durationMs: 1, error },
  'step.started': { ...step, attempt: 1, agentId: 'a-1' },
  'step.completed': { ...step, attempt: 1, agentId: 'a-1', durationMs: 1 },
  'step.failed': { ...step, attempt: 1, agentId: null, durationMs: 1, error },
  'step.retrying': { ...step, attempt: 1, delayMs: 10, error },
  'step.skipped': { ...step, reason: 'when' },
  'step.cancelled': { ...step, attempt: 1 },
  'step.progress': { ...step, attempt: 1, progress: 1, total: null, message: null },
  'queue.repaired': { ...execution, status: 'pending' },
  'agent.started': { ...agent, durationMs: 1 },
  'agent.failed': { ...agent, reason: 'create', error, retryInMs: 100 },
  'agent.quarantined': { ...agent, error, retryInMs: 60_000 },
  'agent.recovered': { ...agent, attempts: 2 },
  'agent.stopped': { ...agent, tasks: 3 },
  'pool.unavailable': {
    capability: 'files',
    reason: 'failures',
    retryAfterMs: 5_000,
    tasks: 20,
    failures: 10,
    usableAgents: 2,
    refused: 4,
  },
  'pool.available': { capability: 'files', reason: 'failures', unavailableMs: 5_100, usableAgents: 2 },
  'pool.scaled': {
    capability: 'files',
    from: 1,
    to: 4,
    reasons: ['waiting'],
    busy: 1,
    waiting: 2,
    capacity: 1,
  },
  'pool.draining': { capability: 'files', busy: 1, waiting: 0 },
  'pool.resumed': { capability: 'files', waiting: 2 },
  'schedule.created': { scheduleId: 's-1', workflowId: 'w', nextAt: '2026-01-01T09:00:00.000Z' },
  'schedule.deleted': { scheduleId: 's-1', reason: 'requested' },
  'schedule.fired': { ...execution, scheduleId: 's-1', at: '2026-01-01T09:00:00.000Z', lateMs: 2 },
  'schedule.skipped': { scheduleId: 's-1', at: '2026-01-01T09:00:00.000Z', reason: 'refused', error },
  'schedule.repaired': { scheduleId: 's-1', nextAt: '2026-01-01T09:00:00.000Z' },
};

const meta = { id: 'e-1.1.4', time: '2026-01-01T00:00:00.000Z' };

describe('toCloudEvent', () => {
  it.each(EVENT_TYPES)('makes a valid CloudEvent of %s', (type) => {
    const event = toCloudEvent(type, EVENTS[type], { ...meta, run: 1 });
    isCloudEvent(event);
    expect(isCloudEvent.errors ?? []).toEqual([]);
    expect(JSON.parse(JSON.stringify(event))).toEqual({
      specversion: '1.0',
      ...meta,
      source: DEFAULT_EVENT_SOURCE,
      type,
      subject: event.subject,
      datacontenttype: 'application/json',
      run: 1,
      data: EVENTS[type],
    });
  });

  it('knows every type there is', () => {
    expect([...EVENT_TYPES].sort()).toEqual(Object.keys(EVENTS).sort());
  });

  it.each([
    ['execution.failed', 'e-1'],
    ['step.started', 'e-1/fetch'],
    ['agent.stopped', 'a-1'],
    ['pool.available', 'files'],
    ['pool.scaled', 'files'],
    ['schedule.fired', 's-1'],
  ] as const)('names what %s is about', (type, subject) => {
    expect(toCloudEvent(type, EVENTS[type], meta).subject).toBe(subject);
  });

  it('names the source it is told, and no run where there is none', () => {
    const event = toCloudEvent('agent.stopped', EVENTS['agent.stopped'], meta, '//host-7/orchestra');
    expect(event.source).toBe('//host-7/orchestra');
    expect(event).not.toHaveProperty('run');
  });
});
