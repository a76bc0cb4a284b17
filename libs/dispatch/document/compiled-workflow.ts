import type { RetryPolicy } from '#core';
import type { Expression } from '../expressions/expression.js';
import type { Template } from '../expressions/template.js';
import type { StepErrorPolicy, Workflow } from './workflow.js';

/** A step as the runner needs it. Other steps are named by their `index`. */
export interface CompiledStep {
  /** Its place in the workflow's `steps`, which are in topological order; not its place in the document. */
  readonly index: number;
  readonly id: string;
  readonly capability: string;
  readonly dependsOn: readonly number[];
  readonly dependents: readonly number[];
  readonly input: Template;
  /** Without it the step always runs. */
  readonly when: Expression | undefined;
  /** For one attempt; without it only the workflow's time bounds it. */
  readonly timeoutMs: number | undefined;
  readonly retry: RetryPolicy;
  readonly onError: StepErrorPolicy;
}

/** A valid document and the plan made from it. Immutable, shared by every execution of the document. */
export interface CompiledWorkflow {
  /** With defaults filled in; shares nothing with what was handed in, and is frozen all the way down. */
  readonly document: Workflow;
  /** Each after the steps it depends on; in the document's order wherever that allows. */
  readonly steps: readonly CompiledStep[];
  readonly output: Template | undefined;
  /** Of all its expressions that need the engine, see `Expression.parts`: what it takes in memory beside its text. */
  readonly parts: number;
}
