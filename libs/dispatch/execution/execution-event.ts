import type { JsonValue } from '#core';
import type { OrchestraEventMap, OrchestraEventType } from '#events';

/** The events that make up an execution's history. */
export type ExecutionEventType = Extract<OrchestraEventType, `execution.${string}` | `step.${string}`>;

/** One entry of an execution's log. */
export type ExecutionEvent<T extends ExecutionEventType = ExecutionEventType> = {
  [K in T]: {
    /** Its place in the log, opaque: resume behind it. */
    position: string;
    type: K;
    /** ISO 8601. */
    time: string;
    /** Of which run of the execution: 1, and one more with every retry. */
    run: number;
    data: OrchestraEventMap[K];
  };
}[T];

/** An event that is about to be logged and published. */
export type PlannedEvent = {
  [K in ExecutionEventType]: { type: K; data: OrchestraEventMap[K] };
}[ExecutionEventType];

const FINAL: ReadonlySet<ExecutionEventType> = new Set<ExecutionEventType>([
  'execution.completed',
  'execution.failed',
  'execution.cancelled',
  'execution.timed_out',
]);

/** Whether a run has ended with it; a `retry` may still begin another. */
export function isFinalEvent(type: ExecutionEventType): boolean {
  return FINAL.has(type);
}

export function toLogEntry({ type, data }: PlannedEvent, time: string, run: number): JsonValue {
  return { type, time, run, data } as unknown as JsonValue;
}
