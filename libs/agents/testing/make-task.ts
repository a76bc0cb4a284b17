import type { AgentContext, AgentProgress, AgentTask } from '#agent-pool';
import type { AgentError } from '../agents.errors.js';

export function makeTask(task: Partial<AgentTask> = {}): AgentTask {
  return { executionId: 'e-1', stepId: 'read', attempt: 1, capability: 'test', input: null, ...task };
}

export interface TestContext extends AgentContext {
  /** What the agent reported. */
  readonly reports: AgentProgress[];
  abort(reason: Error): void;
}

export function makeContext(
  context: Partial<Pick<AgentContext, 'idempotencyKey' | 'deadline' | 'traceparent'>> = {},
): TestContext {
  const controller = new AbortController();
  const reports: AgentProgress[] = [];
  return {
    signal: controller.signal,
    idempotencyKey: 'e-1:read',
    deadline: null,
    traceparent: null,
    progress: (report) => void reports.push(report),
    ...context,
    reports,
    abort: (reason) => controller.abort(reason),
  };
}

/** What `work` is rejected with. @throws when it is not rejected. */
export async function rejection(work: Promise<unknown>): Promise<AgentError> {
  const outcome = await work.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if ('error' in outcome) return outcome.error as AgentError;
  throw new Error(`expected a rejection, got ${JSON.stringify(outcome.value)}`);
}
