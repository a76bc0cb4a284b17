import type { JsonValue } from '#core';
import type { EventMeta, OrchestraEventMap, OrchestraEventType } from '#events';
import type { LogEntry } from '#state';

/** The events that make up an execution's history. */
export type ExecutionEventType = Extract<OrchestraEventType, `execution.${string}` | `step.${string}`>;

/** One entry of an execution's log. */
export type ExecutionEvent<T extends ExecutionEventType = ExecutionEventType> = {
  [K in T]: {
    /** Its place in the log, opaque: resume behind it. */
    position: string;
    /**
     * How many events its reader misses right before it: the log keeps the latest `maxLogLength` (10,000 in memory), and
     * a reader that begins, resumes or falls behind further goes on with the oldest kept. 0 as a rule; null when it
     * resumed behind one that is no longer kept: then nobody knows how many, or whether it is any.
     */
    missed: number | null;
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
  /**
   * The claim that it was noted under, and its number among the events of that claim, which has no hole: together they
   * tell it from the others of its execution. Of the event that queues a run no claim is held: 0, which no store gives,
   * and the number of the run.
   */
  claim: number;
  number: number;
  data: OrchestraEventMap[T];
}

export function metaOf({ data, claim, number, time, run }: LoggedEvent): EventMeta & { run: number } {
  return { id: `${data.executionId}.${claim}.${number}`, time, run };
}

export function toLogEntry(event: LoggedEvent): JsonValue {
  return event as unknown as JsonValue;
}

/** What kind of event an entry holds. */
export function typeOf({ value }: LogEntry): ExecutionEventType {
  return (value as unknown as LoggedEvent).type;
}

/** Where a reader of a log stands: behind which event. */
export interface LogPlace {
  /** Undefined before the first. */
  position: string | undefined;
  /** The number of its entry, 0 before the first; null when it is no longer kept. */
  number: number | null;
}

export function startOfLog(): LogPlace {
  return { position: undefined, number: 0 };
}

/** The event for a reader who stood at `place`. */
export function fromLogEntry({ position, number, value }: LogEntry, place: LogPlace): ExecutionEvent {
  const missed = place.number === null ? null : Math.max(0, number - place.number - 1);
  const event = value as unknown as LoggedEvent;
  const { type, data } = event;
  const { id, time, run } = metaOf(event);
  return { position, missed, id, type, time, run, data } as ExecutionEvent;
}
