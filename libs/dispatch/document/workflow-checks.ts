import type { ProblemList } from './problem-list.js';

/** What depends on where a workflow is to run. */
export interface WorkflowChecks {
  /** Whether a pool provides the capability. Default: not checked. */
  capabilities?: (name: string) => boolean;
  /** Default: not checked. */
  maxSteps?: number;
  /** Starts the path of each problem. */
  prefix?: readonly PropertyKey[];
}

export function checkStepCount(count: number, { maxSteps }: WorkflowChecks, problems: ProblemList): void {
  if (maxSteps !== undefined && count > maxSteps)
    problems.add(['steps'], `${count} steps are more than ${maxSteps}`);
}

export function checkCapabilities(
  steps: readonly { capability?: string }[],
  { capabilities }: WorkflowChecks,
  problems: ProblemList,
): void {
  if (capabilities === undefined) return;
  for (const [place, { capability }] of steps.entries()) {
    if (capability === undefined || capabilities(capability)) continue;
    problems.add(['steps', place, 'capability'], `no pool provides "${capability}"`);
  }
}
