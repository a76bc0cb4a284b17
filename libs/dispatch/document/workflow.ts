import { z } from 'zod';
import {
  idSchema,
  isPlainObject,
  jsonValueSchema,
  retryPolicySchema,
  type JsonObject,
  durationMsSchema,
} from '#core';
import { MAX_PRIORITY, MIN_PRIORITY } from '#queue';
import { expressionSource } from '../expressions/template.js';
import { dependsOnSchema } from './depends-on.js';
import { stepIdSchema } from './step-id.js';

/**
 * How the steps of a workflow are to be run: `parallel` as many at once as allowed, `sequential` one after another,
 * `adaptive` as the dispatcher finds best.
 */
export const WORKFLOW_MODES = ['parallel', 'sequential', 'adaptive'] as const;
export type WorkflowMode = (typeof WORKFLOW_MODES)[number];

/** What the failure of a step means for the rest; see the `onError` of a step. */
const STEP_ERROR_POLICIES = ['fail', 'continue', 'skip'] as const;
export type StepErrorPolicy = (typeof STEP_ERROR_POLICIES)[number];

const nameSchema = z.string().min(1).max(256);
const jsonObjectSchema = z
  .custom<JsonObject>((value) => isPlainObject(value), 'must be an object')
  .meta({ type: 'object' })
  .pipe(jsonValueSchema as z.ZodType<JsonObject, JsonObject>);

export const stepSchema = z.strictObject({
  id: stepIdSchema,
  name: nameSchema.optional().describe('For people.'),
  capability: idSchema.describe('The pool whose agents run it.'),
  input: jsonValueSchema
    .default({})
    .describe('Its task. Strings that are wholly `{% ... %}` are expressions.'),
  dependsOn: dependsOnSchema.default([]).describe('The steps that end before it begins. The only ordering.'),
  when: z
    .string()
    .refine((text) => expressionSource(text) !== undefined, 'must be an expression: {% ... %}')
    .optional()
    .describe('The step is skipped unless this is true.'),
  timeoutMs: durationMsSchema.optional().describe("For one attempt. Default: none beyond the workflow's."),
  retry: retryPolicySchema.prefault({}),
  onError: z
    .enum(STEP_ERROR_POLICIES)
    .default('fail')
    .describe(
      'When it finally failed: `fail` the execution, let its dependents `continue` and read `$steps.<id>.error`, ' +
        'or `skip` them, and theirs.',
    ),
});

/** The workflow document, strict at every level. What a schema cannot see (references, cycles, expressions) `validateWorkflow` checks. */
export const workflowSchema = z.strictObject({
  id: idSchema,
  name: nameSchema.optional().describe('For people.'),
  mode: z.enum(WORKFLOW_MODES).optional().describe("Default: the dispatcher's."),
  priority: z
    .int()
    .min(MIN_PRIORITY)
    .max(MAX_PRIORITY)
    .optional()
    .describe('10 first. Default 5; a request may override it.'),
  timeoutMs: durationMsSchema
    .optional()
    .describe("From the first start on. Default: the dispatcher's; a request may override it."),
  steps: z.array(stepSchema).min(1, 'must hold at least one step'),
  output: jsonValueSchema
    .optional()
    .describe("What the execution answers, like a step's input. Default: null."),
  metadata: jsonObjectSchema
    .default({})
    .describe('Kept with each execution; expressions see it in `$execution`.'),
});

/** A workflow as it is written: what has a default may be left out. */
export type WorkflowInput = z.input<typeof workflowSchema>;
export type StepInput = z.input<typeof stepSchema>;

/** A workflow with every default filled in that does not depend on who runs it. */
export type Workflow = z.output<typeof workflowSchema>;
export type Step = z.output<typeof stepSchema>;
