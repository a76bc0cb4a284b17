import type { JsonValue } from '#core';
import { validateWorkflow } from './validate-workflow.js';
import type { StepInput, WorkflowInput } from './workflow.js';

/** All of a document but its steps and its output. */
export type WorkflowHeader = Omit<WorkflowInput, 'steps' | 'output'>;

/** A step, its id apart, that depends on steps declared before it. */
export type StepDefinition<Ids extends string> = Omit<StepInput, 'id' | 'dependsOn'> & {
  dependsOn?: readonly Ids[];
};

/** `never` for an id that is taken, so that the call does not compile. */
type NewId<Id extends string, Ids extends string> = string extends Ids
  ? unknown
  : Id extends Ids
    ? never
    : unknown;

/** Begins a workflow; add its steps, then `build()` it. */
export function defineWorkflow(header: WorkflowHeader): WorkflowBuilder {
  return new WorkflowBuilder(header, [], undefined);
}

/**
 * Writes a workflow document with the compiler's help: an id used twice and a dependency on a step that was not
 * declared before do not compile. Each call returns a new builder; the old one stays as it is.
 */
export class WorkflowBuilder<Ids extends string = never> {
  readonly #header: WorkflowHeader;
  readonly #steps: readonly StepInput[];
  readonly #output: JsonValue | undefined;

  /** @internal `defineWorkflow` makes them. */
  constructor(header: WorkflowHeader, steps: readonly StepInput[], output: JsonValue | undefined) {
    this.#header = header;
    this.#steps = steps;
    this.#output = output;
  }

  step<const Id extends string>(
    id: Id & NewId<Id, Ids>,
    definition: StepDefinition<Ids>,
  ): WorkflowBuilder<Ids | Id> {
    const { dependsOn, ...rest } = definition;
    const step: StepInput = {
      id,
      ...rest,
      ...(dependsOn === undefined ? {} : { dependsOn: [...dependsOn] }),
    };
    return new WorkflowBuilder<Ids | Id>(this.#header, [...this.#steps, step], this.#output);
  }

  /** What the execution answers; a later call replaces it. */
  output(template: JsonValue): WorkflowBuilder<Ids> {
    return new WorkflowBuilder<Ids>(this.#header, this.#steps, template);
  }

  /**
   * The document, ready to be submitted or kept as JSON.
   * @throws {ValidationError} with every problem that the compiler could not see.
   */
  build(): WorkflowInput {
    const output = this.#output === undefined ? {} : { output: this.#output };
    const document: WorkflowInput = { ...this.#header, steps: [...this.#steps], ...output };
    validateWorkflow(document);
    return structuredClone(document);
  }
}
