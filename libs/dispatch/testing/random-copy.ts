import fc from 'fast-check';
import type { JsonValue } from '#core';
import { EVENT_TYPES } from '#events';
import { workflowSchema } from '../document/workflow.js';
import type { ExecutionCopy } from '../execution/execution-copies.js';
import type { ExecutionEventType, LoggedEvent } from '../execution/execution-event.js';
import {
  EXECUTION_STATUSES,
  STEP_STATUSES,
  STRATEGIES,
  isFinished,
  type StepRecord,
} from '../execution/execution.js';

const MAX_STEPS = 4;

const EVENTS = EVENT_TYPES.filter((type): type is ExecutionEventType => /^(execution|step)\./.test(type));

/** Any JSON but keys that no JSON of ours may have. */
const json = fc
  .jsonValue({ maxDepth: 3 })
  .map((value) => JSON.parse(JSON.stringify(value).replaceAll('"__proto__"', '"proto"')) as JsonValue);
const id = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }).filter((text) => !text.includes('\0')),
  fc.constantFrom(':', 'execution:1', '0', '{% $ %}', '__proto__', 'é寝👩‍👩‍👧'),
);
const time = fc
  .date({ min: new Date('1970-01-02'), max: new Date('9999-12-31'), noInvalidDate: true })
  .map((date) => date.toISOString());
const error = fc.record({
  code: fc.constantFrom('AGENT_ERROR', 'POISONED'),
  message: fc.string(),
  retryable: fc.boolean(),
});

const stepRecord: fc.Arbitrary<StepRecord> = fc.record({
  status: fc.constantFrom(...STEP_STATUSES),
  attempts: fc.nat(9),
  agentId: fc.option(fc.string()),
  startedAt: fc.option(time),
  finishedAt: fc.option(time),
  output: json,
  error: fc.option(error),
});

const parts = fc.record({
  executionId: id,
  workflowId: id,
  priority: fc.nat(10),
  timeoutMs: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
  key: fc.option(fc.base64String({ minLength: 4, maxLength: 16 }).map((text) => text.replace(/[+/=]/g, '_'))),
  status: fc.constantFrom(...EXECUTION_STATUSES),
  run: fc.integer({ min: 1, max: 3 }),
  endedClaim: fc.nat(3),
  times: fc.tuple(time, time, time, time),
  strategy: fc.option(fc.constantFrom(...STRATEGIES)),
  error: fc.option(error),
  output: json,
  input: json,
  cancelReason: fc.option(fc.string(), { nil: undefined }),
  steps: fc.array(fc.option(stepRecord, { nil: undefined }), { minLength: 1, maxLength: MAX_STEPS }),
  events: fc.array(
    fc.record({
      type: fc.constantFrom(...EVENTS),
      claim: fc.nat(4),
      number: fc.integer({ min: 1, max: 99 }),
      more: json,
    }),
    { maxLength: 5 },
  ),
});

/** Executions as a store may have them, with odd ids and values; nobody need have run them. */
const randomCopy: fc.Arbitrary<ExecutionCopy> = parts.map((given): ExecutionCopy => {
  const { executionId, workflowId, status, run, endedClaim, times, key, steps } = given;
  const [submittedAt, queuedAt, startedAt, finishedAt] = times;
  const event = (type: ExecutionEventType, claim: number, number: number, more: JsonValue): LoggedEvent => ({
    type,
    time: queuedAt,
    run,
    claim,
    number,
    data: { executionId, workflowId, more } as unknown as LoggedEvent['data'],
  });
  const events = given.events.map(({ type, claim, number, more }) => event(type, claim, number, more));
  const last = isFinished(status) ? (`execution.${status}` as ExecutionEventType) : 'execution.queued';
  const stepIds = steps.map((_, place) => `s${place}`);
  return {
    facts: {
      executionId,
      workflowId,
      priority: given.priority,
      timeoutMs: given.timeoutMs,
      submittedAt,
      idempotencyKey: key,
      traceparent: null,
    },
    definition: {
      workflow: workflowSchema.parse({
        id: workflowId,
        steps: stepIds.map((stepId) => ({ id: stepId, capability: 'unknown here' })),
      }),
      input: given.input,
    },
    state: {
      status,
      run,
      endedClaim,
      queuedAt,
      strategy: given.strategy,
      startedAt,
      finishedAt: isFinished(status) ? finishedAt : null,
      output: given.output,
      error: given.error,
    },
    cancel:
      given.cancelReason === undefined ? null : { requestedAt: submittedAt, reason: given.cancelReason },
    fingerprint: key === null ? null : `digest of ${key}`,
    steps: Object.fromEntries(
      steps.flatMap((record, place) => (record === undefined ? [] : [[`s${place}`, record] as const])),
    ),
    events: [...events, event(last, endedClaim + 1, 100, null)],
  };
});

/** Several that one store may have: each with an id and an idempotency key of its own. */
export const randomCopies: fc.Arbitrary<ExecutionCopy[]> = fc
  .uniqueArray(randomCopy, { selector: ({ facts }) => facts.executionId, minLength: 1, maxLength: 4 })
  .map((copies) =>
    copies.map((copy, place) => {
      const { idempotencyKey } = copy.facts;
      return {
        ...copy,
        facts: { ...copy.facts, idempotencyKey: idempotencyKey && `${place}${idempotencyKey}` },
      };
    }),
  );
