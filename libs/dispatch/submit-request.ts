import { createHash } from 'node:crypto';
import { z } from 'zod';
import {
  durationMsSchema,
  idSchema,
  isPlainObject,
  jsonProblems,
  jsonSnapshot,
  jsonValueSchema,
  parseShape,
  traceparentSchema,
  type JsonValue,
  type Problem,
  type Work,
} from '#core';
import { MAX_PRIORITY, MIN_PRIORITY } from '#queue';
import type { Workflow } from './document/workflow.js';

/** What goes with a workflow when it is submitted; values here win over the workflow's own. */
export const submitOptionsSchema = z.strictObject({
  input: jsonValueSchema.default({}).describe('What expressions see as $input. Any JSON value.'),
  priority: z.int().min(MIN_PRIORITY).max(MAX_PRIORITY).optional().describe('0..10, 10 first.'),
  timeoutMs: durationMsSchema.optional().describe('Counted from the start of the execution.'),
  idempotencyKey: idSchema
    .optional()
    .describe('The same key and request again is the same execution, for as long as that is kept.'),
  deadlineMs: durationMsSchema
    .optional()
    .describe(
      'How long the caller waits; no timeout is longer. Not part of the request: it shrinks with every repeat.',
    ),
  traceparent: traceparentSchema
    .optional()
    .describe('The trace that the execution belongs to (W3C), handed on to agents; not part of the request.'),
});
export type SubmitOptions = z.input<typeof submitOptionsSchema>;

/** What was asked for; the input is a snapshot, which the caller cannot change any more. */
export type SubmitRequest = z.output<typeof submitOptionsSchema>;

const EMPTY_INPUT: JsonValue = Object.freeze({});

export function parseSubmitOptions(
  options: SubmitOptions,
): { request: SubmitRequest } | { problems: readonly Problem[] } {
  // Most have an input and nothing else, and zod would take longer than all the rest of a submit.
  const alone = isInputAlone(options) ? snapshotOf(options.input) : undefined;
  if (alone !== undefined) return { request: { input: alone } };
  const parsed = parseShape(submitOptionsSchema, options);
  if ('problems' in parsed) return parsed;
  const input = snapshotOf(parsed.data.input);
  if (input === undefined) return { problems: jsonProblems(parsed.data.input, ['input']) };
  return { request: { ...parsed.data, input } };
}

function isInputAlone(options: SubmitOptions): boolean {
  if (!isPlainObject(options)) return false;
  for (const key in options) if (key !== 'input') return false;
  return true;
}

function snapshotOf(input: unknown): JsonValue | undefined {
  return input === undefined ? EMPTY_INPUT : jsonSnapshot(input);
}

/** A digest that is the same for requests that mean the same, whatever the order of their keys. */
export function* fingerprint(
  { steps, ...header }: Workflow,
  options: Pick<SubmitOptions, 'input' | 'priority' | 'timeoutMs'>,
): Work<string> {
  const hash = createHash('sha256').update(canonical({ header, options }));
  for (const step of steps) {
    // No JSON text has a line break in it.
    hash.update(`\n${canonical(step)}`);
    yield;
  }
  return hash.digest('base64url');
}

export function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, item: JsonValue) =>
    typeof item === 'object' && item !== null && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  );
}
