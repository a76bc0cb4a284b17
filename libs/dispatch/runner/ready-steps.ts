import type { CompiledStep } from '../document/compiled-workflow.js';

/** Steps that may begin, to be taken in the workflow's order. */
export class ReadySteps {
  readonly #steps: CompiledStep[] = [];
  #taken = 0;

  add(step: CompiledStep): void {
    let place = this.#steps.length;
    // Nearly always it comes last: steps become ready in about the order they have.
    while (place > this.#taken && (this.#steps[place - 1]?.index ?? 0) > step.index) place--;
    this.#steps.splice(place, 0, step);
  }

  take(): CompiledStep | undefined {
    return this.#steps[this.#taken++];
  }
}
