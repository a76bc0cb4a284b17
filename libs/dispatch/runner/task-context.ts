import type { AgentContext, AgentProgress } from '#agent-pool';
import type { TaskSignal } from './task-signal.js';

export interface TaskContextOptions {
  signal: TaskSignal;
  idempotencyKey: string;
  /** ms since the epoch. */
  endsAt: number;
  traceparent: string | null;
  progress: (report: AgentProgress) => void;
}

/**
 * What an agent gets with a task. What costs most is made for those who ask; by properties of its own, so that an agent
 * that hands on a copy, `{ ...context }`, hands on all of it.
 */
export function taskContext({
  signal,
  idempotencyKey,
  endsAt,
  traceparent,
  progress,
}: TaskContextOptions): AgentContext {
  return {
    get signal() {
      return signal.signal;
    },
    idempotencyKey,
    get deadline() {
      return new Date(endsAt).toISOString();
    },
    traceparent,
    progress,
  };
}
