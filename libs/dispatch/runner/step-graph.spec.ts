import type { CompiledStep } from '../document/compiled-workflow.js';
import { runStepGraph, type StepGraphOptions } from './step-graph.js';

/** Steps by what each depends on, in the order of their ids. */
function graph(dependencies: Record<string, string[]>): CompiledStep[] {
  const ids = Object.keys(dependencies);
  return ids.map((id, index) => ({
    index,
    id,
    dependsOn: (dependencies[id] ?? []).map((name) => ids.indexOf(name)),
    dependents: ids.flatMap((other, at) => (dependencies[other]?.includes(id) === true ? at : [])),
  })) as unknown as CompiledStep[];
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A graph under way: `done` ended in an earlier run, those of `atOnce` end in the call that runs them. */
function begin(
  steps: CompiledStep[],
  { done = [], atOnce = [], ...options }: Partial<StepGraphOptions> & { done?: string[]; atOnce?: string[] },
) {
  const ended = new Set(done);
  const begun: string[] = [];
  const open = new Map<string, () => void>();
  const promise = runStepGraph({
    steps,
    concurrency: 10,
    signal: new AbortController().signal,
    isDone: ({ id }) => ended.has(id),
    run: ({ id }) => {
      begun.push(id);
      if (!atOnce.includes(id)) {
        return new Promise((resolve) =>
          open.set(id, () => {
            ended.add(id);
            resolve();
          }),
        );
      }
      ended.add(id);
      return Promise.resolve();
    },
    ...options,
  });
  return { promise, begun, end: (id: string) => open.get(id)?.() };
}

describe('runStepGraph', () => {
  it('counts the end of a step once, also of one that ends in the call that runs it', async () => {
    // As `b` does when a worker takes up an execution in which `a` was dropped: it is skipped at once.
    const steps = graph({ a: [], b: ['a'], c: [], d: ['b', 'c'] });
    const run = begin(steps, { done: ['a'], atOnce: ['b'] });
    await settle();
    expect(run.begun).toEqual(['b', 'c']);

    run.end('c');
    await settle();
    expect(run.begun).toEqual(['b', 'c', 'd']);

    run.end('d');
    await run.promise;
  });

  it('is not whole when its signal aborts before the last step began', async () => {
    const stopping = new AbortController();
    const steps = graph({ a: [], b: ['a'], c: [], d: ['c'] });
    const run = begin(steps, { done: ['a'], atOnce: ['b'], signal: stopping.signal });
    await settle();

    // The step under way ends all the same, as one does whose result came in time.
    stopping.abort(new Error('stopped'));
    run.end('c');

    await expect(run.promise).rejects.toThrow('stopped');
    expect(run.begun).toEqual(['b', 'c']);
  });
});
