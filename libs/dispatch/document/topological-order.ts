import type { Work } from '#core';

/** A dependency that closes a cycle: the steps of `cycle` depend each on the next, and the last on the first. */
export interface BackEdge {
  from: number;
  to: number;
  cycle: readonly number[];
}

export interface TopologicalOrder {
  /** Every node after those it depends on (but for back edges). In the given order wherever that is one already. */
  order: readonly number[];
  backEdges: readonly BackEdge[];
}

/** Cycles that are named; a dense graph has more of them than anyone can read. */
const MAX_CYCLES = 10;

const enum Mark {
  New,
  OnPath,
  Done,
}

/**
 * Depth first through the dependencies, node by node in the given order; O(V + E), and iterative, because a chain may
 * be longer than the stack is deep.
 *
 * @param dependsOn for each node the nodes it depends on.
 */
export function* topologicalOrder(dependsOn: readonly (readonly number[])[]): Work<TopologicalOrder> {
  const marks = new Uint8Array(dependsOn.length);
  const order: number[] = [];
  const backEdges: BackEdge[] = [];
  for (const root of dependsOn.keys()) {
    if (marks[root] !== Mark.New) continue;
    const path: { node: number; next: number }[] = [{ node: root, next: 0 }];
    marks[root] = Mark.OnPath;
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const dependency = dependsOn[top.node]?.[top.next++];
      if (dependency === undefined) {
        marks[top.node] = Mark.Done;
        order.push(top.node);
        path.pop();
        yield;
      } else if (marks[dependency] === Mark.New) {
        marks[dependency] = Mark.OnPath;
        path.push({ node: dependency, next: 0 });
      } else if (marks[dependency] === Mark.OnPath && backEdges.length < MAX_CYCLES) {
        const nodes = path.map(({ node }) => node);
        backEdges.push({ from: top.node, to: dependency, cycle: nodes.slice(nodes.indexOf(dependency)) });
      }
    }
  }
  return { order, backEdges };
}
