import pLimit, { type LimitFunction } from 'p-limit';
import { turnOver } from '#core';
import type { CompiledStep } from '../document/compiled-workflow.js';
import { ReadySteps } from './ready-steps.js';

export interface StepGraphOptions {
  /** In topological order. */
  steps: readonly CompiledStep[];
  concurrency: number;
  signal: AbortSignal;
  /** Steps that need not run: they ended in an earlier run. */
  isDone: (step: CompiledStep) => boolean;
  /** Runs one step to its end. What it throws stops the graph. */
  run: (step: CompiledStep) => Promise<void>;
}

/**
 * Runs every step once all it depends on has ended, as many at once as `concurrency` allows; of those that wait for a
 * slot the first in the given order, so that one at a time is exactly that order.
 *
 * Resolves when every step has ended. Once the signal has aborted, or a step has thrown, no step begins, and it rejects
 * with the first error after the steps under way have ended: nothing of a run goes on behind its back.
 */
export function runStepGraph(options: StepGraphOptions): Promise<void> {
  return new Promise((resolve, reject) => new StepGraphRun(options, resolve, reject).begin());
}

class StepGraphRun {
  readonly #options: StepGraphOptions;
  readonly #resolve: () => void;
  readonly #reject: (error: unknown) => void;
  /** How many of the steps that each depends on have not ended. */
  readonly #missing: number[];
  /** Undefined without more steps than may run at once: then there is nothing to limit. */
  readonly #line: { limit: LimitFunction; ready: ReadySteps } | undefined;
  #failures: unknown[] | undefined;
  #left: number;
  #underWay = 0;

  constructor(options: StepGraphOptions, resolve: () => void, reject: (error: unknown) => void) {
    const { steps, concurrency } = options;
    this.#options = options;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#missing = steps.map(({ dependsOn }) => dependsOn.length);
    this.#left = steps.length;
    if (steps.length > concurrency) this.#line = { limit: pLimit(concurrency), ready: new ReadySteps() };
  }

  begin(): void {
    const { steps, isDone } = this.#options;
    // All of them first: a step that ends in the call that runs it would be taken for one of them, and count twice.
    for (const step of steps) if (isDone(step)) this.#countOff(step);
    for (const step of steps) if (this.#missing[step.index] === 0 && !isDone(step)) this.#begin(step);
    if (this.#underWay === 0) this.#end();
  }

  #begin(step: CompiledStep): void {
    this.#underWay++;
    const line = this.#line;
    if (line === undefined) {
      this.#run(step).then(this.#settled, this.#failed);
      return;
    }
    line.ready.add(step);
    line.limit(() => this.#run(line.ready.take())).then(this.#settled, this.#failed);
  }

  async #run(step: CompiledStep | undefined): Promise<void> {
    // Steps that end at once, ten thousand of them, would otherwise be one turn of the event loop.
    const pause = turnOver();
    if (pause !== undefined) await pause;
    if (step === undefined || this.#options.signal.aborted || this.#failures !== undefined) return;
    await this.#options.run(step);
    // Before the next one in the line begins, for it may be one that this one has made ready.
    this.#ended(step);
  }

  readonly #settled = (): void => {
    if (--this.#underWay === 0) this.#end();
  };

  readonly #failed = (error: unknown): void => {
    (this.#failures ??= []).push(error);
    if (--this.#underWay === 0) this.#end();
  };

  #ended(step: CompiledStep): void {
    const { steps, isDone } = this.#options;
    this.#countOff(step);
    for (const dependent of step.dependents) {
      const next = steps[dependent];
      // One that a retry kept may be done before a step it depends on, which runs again.
      if (this.#missing[dependent] === 0 && next !== undefined && !isDone(next)) this.#begin(next);
    }
  }

  #countOff({ dependents }: CompiledStep): void {
    this.#left--;
    for (const dependent of dependents) this.#missing[dependent] = (this.#missing[dependent] ?? 0) - 1;
  }

  #end(): void {
    const { signal } = this.#options;
    if (this.#failures !== undefined) this.#reject(this.#failures[0]);
    else if (this.#left > 0 && signal.aborted) this.#reject(signal.reason);
    else this.#resolve();
  }
}
