import { z } from 'zod';
import {
  durationMsSchema,
  idSchema,
  isPlainObject,
  jsonValueSchema,
  parseJson,
  parseShape,
  traceparentSchema,
  type ErrorRecord,
  type JsonObject,
  type Problem,
} from '#core';
import { EVENT_TYPES } from '#events';
import { MAX_PRIORITY, MIN_PRIORITY } from '#queue';
import { stepIdSchema } from '../document/step-id.js';
import { workflowSchema } from '../document/workflow.js';
import type { ExecutionCopy } from '../execution/execution-copies.js';
import { isFinalEvent, type ExecutionEventType, type LoggedEvent } from '../execution/execution-event.js';
import {
  EXECUTION_STATUSES,
  STEP_STATUSES,
  STRATEGIES,
  isFinished,
  type StepRecord,
} from '../execution/execution.js';
import type { CancelRequest, ExecutionFacts, ExecutionState } from '../execution/stored-execution.js';

/** Grows when a line is laid out anew; a reader refuses what it does not know. */
const ARCHIVE_VERSION = 1;

/** Longest line that is written or read, in UTF-16 units: it is held in memory whole. */
export const MAX_LINE_LENGTH = 64 * 1_048_576;

/** Runs and claims of one execution; each is written, or taken, one by one. */
const MAX_RUNS = 10_000;

/** Problems of a line that are told; the first ones say what it is. */
const MAX_TOLD = 3;

const EXECUTION_EVENT_TYPES = EVENT_TYPES.filter((type): type is ExecutionEventType =>
  /^(execution|step)\./.test(type),
);

const timeSchema = z.iso.datetime();
const jsonObjectSchema = z
  .custom<JsonObject>(isPlainObject, 'must be an object')
  .pipe(jsonValueSchema as z.ZodType<JsonObject, JsonObject>);

const errorSchema: z.ZodType<ErrorRecord> = z.strictObject({
  code: z.string().min(1),
  message: z.string(),
  retryable: z.boolean(),
  details: jsonObjectSchema.optional(),
});

const factsSchema: z.ZodType<ExecutionFacts> = z.strictObject({
  executionId: idSchema,
  workflowId: idSchema,
  priority: z.int().min(MIN_PRIORITY).max(MAX_PRIORITY),
  timeoutMs: durationMsSchema,
  submittedAt: timeSchema,
  idempotencyKey: idSchema.nullable(),
  traceparent: traceparentSchema.nullable(),
});

const stateSchema: z.ZodType<ExecutionState> = z.strictObject({
  status: z.enum(EXECUTION_STATUSES),
  run: z.int().min(1).max(MAX_RUNS),
  endedClaim: z.int().min(0).max(MAX_RUNS),
  queuedAt: timeSchema,
  strategy: z.enum(STRATEGIES).nullable(),
  startedAt: timeSchema.nullable(),
  finishedAt: timeSchema.nullable(),
  output: jsonValueSchema,
  error: errorSchema.nullable(),
});

const cancelSchema: z.ZodType<CancelRequest> = z.strictObject({
  requestedAt: timeSchema,
  reason: z.string().nullable(),
});

const stepRecordSchema: z.ZodType<StepRecord> = z.strictObject({
  status: z.enum(STEP_STATUSES),
  attempts: z.int().min(0),
  agentId: z.string().nullable(),
  startedAt: timeSchema.nullable(),
  finishedAt: timeSchema.nullable(),
  output: jsonValueSchema,
  error: errorSchema.nullable(),
});

const eventSchema = z.strictObject({
  type: z.enum(EXECUTION_EVENT_TYPES),
  time: timeSchema,
  run: z.int().min(1).max(MAX_RUNS),
  claim: z.int().min(0).max(MAX_RUNS),
  number: z.int().min(1),
  data: jsonObjectSchema,
});

/** One execution, whole: a line of an archive. */
const lineSchema = z
  .strictObject({
    version: z.literal(ARCHIVE_VERSION),
    facts: factsSchema,
    workflow: workflowSchema,
    input: jsonValueSchema,
    state: stateSchema,
    cancel: cancelSchema.nullable(),
    fingerprint: z.string().min(1).nullable().describe('Of the request that the idempotency key stands for.'),
    steps: z.record(stepIdSchema, stepRecordSchema),
    events: z.array(eventSchema).min(1, 'must hold at least one event'),
  })
  .superRefine((line, context) => {
    for (const { path, message } of contradictions(line))
      context.addIssue({ code: 'custom', path: [...path], message });
  });
type Line = z.output<typeof lineSchema>;

/** A copy as a line, without its line break; undefined when it would be longer than a line may be. */
export function toLine(copy: ExecutionCopy): string | undefined {
  const { facts, definition, state, cancel, fingerprint, steps, events } = copy;
  const { workflow, input } = definition;
  const ordered: Record<string, StepRecord> = {};
  // A store gives them in any order.
  for (const { id } of workflow.steps) if (steps[id] !== undefined) ordered[id] = steps[id];
  const line = {
    version: ARCHIVE_VERSION,
    facts,
    workflow,
    input,
    state,
    cancel,
    fingerprint,
    steps: ordered,
    events,
  };
  try {
    const text = JSON.stringify(line);
    return text.length > MAX_LINE_LENGTH ? undefined : text;
  } catch (error) {
    // Longer than a text may be at all.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** The copy that a line holds, or what is wrong with it, in one line. */
export function fromLine(text: string): { copy: ExecutionCopy } | { reason: string } {
  const value = parseJson(text);
  if (value === undefined) return { reason: 'is not JSON' };
  if (isPlainObject(value) && value.version !== ARCHIVE_VERSION)
    return {
      reason: `is of version ${JSON.stringify(value.version)}; version ${ARCHIVE_VERSION} is known here`,
    };
  const parsed = parseShape(lineSchema, value);
  if ('problems' in parsed) return { reason: toReason(parsed.problems) };
  const { facts, workflow, input, state, cancel, fingerprint, steps, events } = parsed.data;
  return {
    copy: {
      facts,
      definition: { workflow, input },
      state,
      cancel,
      steps,
      fingerprint,
      events: events as unknown as LoggedEvent[],
    },
  };
}

interface Contradiction {
  path: readonly PropertyKey[];
  message: string;
}

/** What each part cannot know by itself. */
function* contradictions({
  facts,
  workflow,
  state,
  fingerprint,
  steps,
  events,
}: Line): Iterable<Contradiction> {
  if (workflow.id !== facts.workflowId)
    yield { path: ['workflow', 'id'], message: 'must be facts.workflowId' };
  const ids = new Set(workflow.steps.map(({ id }) => id));
  for (const id of Object.keys(steps))
    if (!ids.has(id)) yield { path: ['steps', id], message: 'is no step of the workflow' };
  if (isFinished(state.status) !== (state.finishedAt !== null))
    yield { path: ['state', 'finishedAt'], message: `does not fit the status ${state.status}` };
  if (fingerprint !== null && facts.idempotencyKey === null)
    yield { path: ['fingerprint'], message: 'belongs to an idempotency key' };
  for (const [at, { data }] of events.entries())
    if (data.executionId !== facts.executionId)
      yield { path: ['events', at, 'data', 'executionId'], message: 'must be facts.executionId' };
  // Who follows the events would otherwise wait for an end that never comes.
  const last = events.at(-1);
  if (isFinished(state.status) && last !== undefined && !(isFinalEvent(last.type) && last.run === state.run))
    yield { path: ['events'], message: 'must end with the end of the execution' };
}

function toReason(problems: readonly Problem[]): string {
  const told = problems.slice(0, MAX_TOLD).map(({ path, message }) => `${path} ${message}`.trim());
  const more = problems.length > MAX_TOLD ? [`and ${problems.length - MAX_TOLD} more`] : [];
  return [...told, ...more].join('; ');
}
