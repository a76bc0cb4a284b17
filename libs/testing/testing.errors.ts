import { OrchestraError } from '#core';

/**
 * - `WAIT_TIMEOUT`: what a test waits for did not come in time; the message lists what came instead.
 * - `ORCHESTRA_CLOSED`: the orchestra was closed while a test waited.
 * - `CALL_ENDED`: a call that has ended was to be ended once more.
 * - `TOO_MANY_CALLS`: a double was called more often than it records.
 */
export type TestingErrorCode = 'WAIT_TIMEOUT' | 'ORCHESTRA_CLOSED' | 'CALL_ENDED' | 'TOO_MANY_CALLS';

export class TestingError extends OrchestraError<TestingErrorCode> {}
