import type { Work } from '#core';
import type { ProblemList } from './problem-list.js';
import { topologicalOrder, type BackEdge } from './topological-order.js';
import type { StepSketch } from './workflow-sketch.js';

/** Steps of a cycle that its problem names; a longer one is shown by its ends. */
const MAX_NAMED_STEPS = 20;

/** The steps by their place in the document, and what depends on what. */
export interface DependencyGraph {
  placeOf: ReadonlyMap<string, number>;
  dependsOn: readonly (readonly number[])[];
  /** Undefined when there is a cycle. */
  order: readonly number[] | undefined;
}

/** Reports duplicate ids, unknown and own ids among the dependencies, and cycles. */
export function* buildDependencyGraph(
  steps: readonly StepSketch[],
  problems: ProblemList,
): Work<DependencyGraph> {
  const placeOf = new Map<string, number>();
  for (const [place, { id }] of steps.entries()) {
    if (id === undefined) continue;
    const first = placeOf.get(id);
    if (first === undefined) placeOf.set(id, place);
    else problems.add(['steps', place, 'id'], `"${id}" is the id of steps[${first}] already`);
  }
  const dependsOn: number[][] = [];
  for (const [place, step] of steps.entries()) {
    const dependencies: number[] = [];
    for (const { id, place: index } of step.dependsOn) {
      const dependency = placeOf.get(id);
      if (dependency !== undefined && dependency !== place) {
        dependencies.push(dependency);
        continue;
      }
      const message =
        dependency === undefined ? `there is no step "${id}"` : 'a step cannot depend on itself';
      problems.add(['steps', place, 'dependsOn', index], message);
    }
    dependsOn.push(dependencies);
    yield;
  }
  const { order, backEdges } = yield* topologicalOrder(dependsOn);
  for (const edge of backEdges) reportCycle(edge, steps, problems);
  return { placeOf, dependsOn, order: backEdges.length === 0 ? order : undefined };
}

function reportCycle(
  { from, to, cycle }: BackEdge,
  steps: readonly StepSketch[],
  problems: ProblemList,
): void {
  const ids = cycle.map((place) => steps[place]?.id ?? '?');
  const half = MAX_NAMED_STEPS / 2;
  const named =
    ids.length <= MAX_NAMED_STEPS
      ? ids
      : [...ids.slice(0, half), `(${ids.length - MAX_NAMED_STEPS} more)`, ...ids.slice(-half)];
  const index = steps[from]?.dependsOn.find(({ id }) => id === steps[to]?.id)?.place ?? 0;
  const text = [...named, ids[0]].join(' → ');
  problems.add(['steps', from, 'dependsOn', index], `closes a cycle (each depends on the next): ${text}`);
}
