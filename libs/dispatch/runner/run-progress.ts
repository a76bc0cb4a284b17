import type { ErrorRecord } from '#core';
import type { CompiledStep } from '../document/compiled-workflow.js';
import type { StepRecord } from '../execution/execution.js';
import type { ExpressionScope } from '../expressions/expression-scope.js';

/** Which steps of a run have ended, how, and what that means for the others. */
export class RunProgress {
  /** By index. */
  readonly #settled: boolean[] = [];
  #settledCount = 0;
  /** Steps without an outcome to build on: failed with `onError: skip`, or skipped because of such a step; by index. */
  readonly #dropped: boolean[] = [];
  #failure: { stepId: string; error: ErrorRecord } | undefined;

  constructor(
    private readonly steps: readonly CompiledStep[],
    private readonly scope: ExpressionScope,
  ) {}

  /** The first step that failed the execution. */
  get failure(): { stepId: string; error: ErrorRecord } | undefined {
    return this.#failure;
  }

  get allSettled(): boolean {
    return this.#settledCount === this.steps.length;
  }

  isSettled({ index }: CompiledStep): boolean {
    return this.#settled[index] === true;
  }

  /** Whether the step has to be skipped, because a step it depends on was dropped. */
  isDropped({ dependsOn }: CompiledStep): boolean {
    return dependsOn.some((index) => this.#dropped[index] === true);
  }

  settle(step: CompiledStep, { status, output, error }: StepRecord): void {
    if (this.#settled[step.index] !== true) this.#settledCount++;
    this.#settled[step.index] = true;
    if (status === 'completed') this.scope.steps[step.id] = { output };
    else if (error !== null) this.scope.steps[step.id] = { error };
    if (this.isDropped(step)) this.#dropped[step.index] = true;
    if (status !== 'failed' || error === null) return;
    if (step.onError === 'skip') this.#dropped[step.index] = true;
    if (step.onError === 'fail') this.#failure ??= { stepId: step.id, error };
  }

  /** Whether all that it depends on has ended, and it has not. */
  isReady({ index, dependsOn }: CompiledStep): boolean {
    return this.#settled[index] !== true && dependsOn.every((before) => this.#settled[before] === true);
  }

  /** Takes over what an earlier run recorded. Call it in topological order. */
  restore(step: CompiledStep, record: StepRecord | undefined): void {
    if (record === undefined) return;
    if (record.status === 'completed' || record.status === 'failed' || record.status === 'skipped') {
      this.settle(step, record);
    }
  }
}
