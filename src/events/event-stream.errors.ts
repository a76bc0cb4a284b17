import { OrchestraError } from '#core';

/**
 * - `NOT_ACCEPTABLE`: the client's `Accept` refuses `text/event-stream`.
 * - `TOO_MANY_STREAMS`: as many streams are open as may be.
 * - `INVALID_CURSOR`: not a position of an event stream.
 * - `SHUTTING_DOWN`: the streams have ended.
 */
export type EventStreamErrorCode = 'NOT_ACCEPTABLE' | 'TOO_MANY_STREAMS' | 'INVALID_CURSOR' | 'SHUTTING_DOWN';

/** Thrown before the first byte of a stream. */
export class EventStreamError extends OrchestraError<EventStreamErrorCode> {}
