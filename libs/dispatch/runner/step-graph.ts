import pLimit from 'p-limit';
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
export async function runStepGraph({
  steps,
  concurrency,
  signal,
  isDone,
  run,
}: StepGraphOptions): Promise<void> {
  // Without more steps than may run at once there is nothing to limit.
  const limit = steps.length > concurrency ? pLimit(concurrency) : undefined;
  const missing = steps.map(({ dependsOn }) => dependsOn.length);
  const ready = new ReadySteps();
  const failures: unknown[] = [];
  let left = steps.length;
  let underWay = 0;

  await new Promise<void>((resolve) => {
    const runNext = async (): Promise<void> => {
      // Steps that end at once, ten thousand of them, would otherwise be one turn of the event loop.
      const pause = turnOver();
      if (pause !== undefined) await pause;
      const step = ready.take();
      if (step === undefined || signal.aborted || failures.length > 0) return;
      await run(step);
      ended(step);
    };
    const begin = (step: CompiledStep): void => {
      ready.add(step);
      underWay++;
      const running = limit === undefined ? runNext() : limit(runNext);
      void running
        .catch((error: unknown) => void failures.push(error))
        .then(() => {
          if (--underWay === 0) resolve();
        });
    };
    const ended = (step: CompiledStep): void => {
      left--;
      for (const dependent of step.dependents) {
        missing[dependent] = (missing[dependent] ?? 0) - 1;
        const next = steps[dependent];
        // One that a retry kept may be done before a step it depends on, which runs again.
        if (missing[dependent] === 0 && next !== undefined && !isDone(next)) begin(next);
      }
    };
    for (const step of steps) {
      if (isDone(step)) ended(step);
      else if (step.dependsOn.length === 0) begin(step);
    }
    if (underWay === 0) resolve();
  });
  if (failures.length > 0) throw failures[0];
  if (left > 0) signal.throwIfAborted();
}
