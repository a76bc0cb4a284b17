import type { Strategy } from '../execution/execution.js';
import type { WorkflowMode } from '../document/workflow.js';

/** The strategy a mode asks for; `adaptive` means every ready step at once, as `parallel` does. */
export function strategyFor(mode: WorkflowMode): Strategy {
  return mode === 'sequential' ? 'sequential-safe' : 'parallel-coordinated';
}

/** How many steps a strategy runs at once. */
export function stepConcurrency(strategy: Strategy, maxConcurrentSteps: number): number {
  return strategy === 'sequential-safe' ? 1 : maxConcurrentSteps;
}
