import type { Work } from '#core';
import type { CompiledStep } from './compiled-workflow.js';
import type { StepTemplates } from './templates.js';
import type { Step } from './workflow.js';

/**
 * The steps in the order in which they are to be looked at, with everything named by its place in that order.
 *
 * @param dependsOn for each step of the document the places of those it depends on; `order`: places, too.
 */
export function* planSteps(
  steps: readonly Step[],
  templates: readonly StepTemplates[],
  dependsOn: readonly (readonly number[])[],
  order: readonly number[],
): Work<readonly CompiledStep[]> {
  const indexOf = new Uint32Array(order.length);
  for (const [index, place] of order.entries()) indexOf[place] = index;
  const planned: CompiledStep[] = [];
  const dependents: number[][] = order.map(() => []);
  for (const [index, place] of order.entries()) {
    const step = steps[place];
    const input = templates[place]?.input;
    if (step === undefined || input === undefined) throw new RangeError(`there is no step at ${place}`);
    const dependencies = (dependsOn[place] ?? []).map((dependency) => indexOf[dependency] ?? 0);
    for (const dependency of dependencies) dependents[dependency]?.push(index);
    planned.push({
      index,
      id: step.id,
      capability: step.capability,
      dependsOn: dependencies,
      dependents: dependents[index] ?? [],
      input,
      when: templates[place]?.when?.expressions[0]?.expression,
      timeoutMs: step.timeoutMs,
      retry: step.retry,
      onError: step.onError,
    });
    yield;
  }
  return planned;
}
