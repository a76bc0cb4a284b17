import { formatPath, type Work } from '#core';
import type { PlacedExpression } from '../expressions/template.js';
import type { ProblemList } from './problem-list.js';
import type { DependencyGraph } from './dependency-graph.js';
import type { Templates } from './templates.js';

interface Reference {
  step: number;
  target: number;
  id: string;
  path: readonly PropertyKey[];
}

/** Ancestors are found for that many steps in one pass, one bit each. */
const TARGETS_PER_PASS = 32;

/**
 * Reports what expressions can be seen to read in vain: steps that do not exist, and steps that may not have ended yet
 * because the reader does not depend on them. A document with a cycle is checked for the former only.
 */
export function* checkReferences(
  { steps, output }: Templates,
  graph: DependencyGraph,
  problems: ProblemList,
): Work<void> {
  const indirect: Reference[] = [];
  const collect = (
    expressions: readonly PlacedExpression[] = [],
    step?: number,
    direct?: ReadonlySet<number>,
  ): void => {
    for (const { path, expression } of expressions) {
      for (const id of expression.stepIds) {
        const target = graph.placeOf.get(id);
        if (target === undefined) report(path, id, `there is no step "${id}"`);
        else if (step !== undefined && direct?.has(target) !== true)
          indirect.push({ step, target, id, path });
      }
    }
  };
  const report = (path: readonly PropertyKey[], id: string, message: string): void => {
    problems.addProblem({ path: formatPath(path), message: `$steps.${id}: ${message}` });
  };

  for (const [step, { input, when }] of steps.entries()) {
    const direct = new Set(graph.dependsOn[step]);
    collect(when?.expressions, step, direct);
    collect(input?.expressions, step, direct);
    yield;
  }
  collect(output?.expressions);
  if (graph.order === undefined) return;
  for (const { step, target, id, path } of yield* notReached(indirect, graph.order, graph.dependsOn)) {
    const own = 'a step cannot read itself';
    report(
      path,
      id,
      step === target ? own : `the step does not depend on "${id}", which may not have ended by then`,
    );
  }
}

/** The references whose step does not depend on the target over any number of steps; O(V + E) for each pass. */
function* notReached(
  references: readonly Reference[],
  order: readonly number[],
  dependsOn: readonly (readonly number[])[],
): Work<readonly Reference[]> {
  const found: Reference[] = [];
  const byTarget = new Map<number, Reference[]>();
  for (const reference of references) {
    const known = byTarget.get(reference.target);
    if (known === undefined) byTarget.set(reference.target, [reference]);
    else known.push(reference);
  }
  const targets = [...byTarget.keys()];
  for (let start = 0; start < targets.length; start += TARGETS_PER_PASS) {
    const pass = targets.slice(start, start + TARGETS_PER_PASS);
    const bits = new Uint32Array(order.length);
    for (const [bit, target] of pass.entries()) bits[target] = 1 << bit;
    const ancestors = new Uint32Array(order.length);
    for (const node of order) {
      let mask = 0;
      for (const dependency of dependsOn[node] ?? [])
        mask |= (ancestors[dependency] ?? 0) | (bits[dependency] ?? 0);
      ancestors[node] = mask;
    }
    for (const [bit, target] of pass.entries()) {
      for (const reference of byTarget.get(target) ?? []) {
        if (((ancestors[reference.step] ?? 0) & (1 << bit)) === 0) found.push(reference);
      }
    }
    yield;
  }
  return found;
}
