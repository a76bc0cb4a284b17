import type { StepInput, WorkflowInput } from '../document/workflow.js';

/** A step of capability `work`. */
export function step(id: string, more: Partial<StepInput> = {}): StepInput {
  return { id, capability: 'work', ...more };
}

export function workflow(steps: StepInput[], more: Partial<WorkflowInput> = {}): WorkflowInput {
  return { id: 'wf', steps, ...more };
}

/** One attempt, so that a failure is final at once. */
export const ONCE = { maxAttempts: 1 };

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

/** What a promise rejects with; fails when it does not. */
export async function rejection(
  promise: Promise<unknown>,
): Promise<{ code?: string; message: string } & Error> {
  const outcome = await promise.then(
    () => undefined,
    (error: unknown) => error as Error,
  );
  if (outcome === undefined) throw new Error('did not reject');
  return outcome;
}
