import type { JsonValue } from '#core';
import type { EventMeta, OrchestraEventMap, OrchestraEventType } from '#events';

/** The events that make up an execution's history. */
export type ExecutionEventType = Extract<OrchestraEventType, `execution.${string}` | `step.${string}`>;

/** One entry of an execution's log. */
export type ExecutionEvent<T extends ExecutionEventType = ExecutionEventType> = {
  [K in T]: {
    /** Its place in the log, opaque: resume behind it. */
    position: string;
    /** The same as in the meta of the published event: `<executionId>.<claim>.<number>`. */
    id: string;
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

/** An event as the log keeps it. */
export interface LoggedEvent<T extends ExecutionEventType = ExecutionEventType> {
  type: T;
  time: string;
  run: number;
  /** What tells it from the others of its execution: `<claim>.<number>`, the numbers of a claim without a hole. */
  mark: string;
  data: OrchestraEventMap[T];
}

/** Of the events that queue a run: no claim is held then, and there is one of each run. The claims of a store begin at 1. */
export function queuedMark(run: number): string {
  return `0.${run}`;
}

export function metaOf({ data, mark, time, run }: LoggedEvent): EventMeta & { run: number } {
  return { id: `${data.executionId}.${mark}`, time, run };
}

export function toLogEntry(event: LoggedEvent): JsonValue {
  return event as unknown as JsonValue;
}

export function fromLogEntry(position: string, value: JsonValue): ExecutionEvent {
  const event = value as unknown as LoggedEvent;
  const { type, data } = event;
  return { position, type, data, ...metaOf(event) } as ExecutionEvent;
}
