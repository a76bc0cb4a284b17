import { jsonProblems, jsonSnapshot, toErrorRecord, type ErrorRecord, type JsonValue } from '#core';
import { QueueError } from '../ports/queue.errors.js';

/** Code of an attempt whose error has none of its own. */
const FALLBACK_CODE = 'JOB_FAILED';

/**
 * A snapshot of a job's data or result.
 * @throws {QueueError} `JOB_DATA_INVALID` with `details.problems`, when it is no JSON value.
 */
export function snapshotOf(value: unknown, what: 'data' | 'result'): JsonValue {
  const snapshot = jsonSnapshot(value);
  if (snapshot !== undefined) return snapshot;
  const found = jsonProblems(value, [what]);
  // A value may be another each time it is read.
  const problems = found.length > 0 ? found : [{ path: what, message: 'cannot be read' }];
  const lines = problems.map(({ path, message }) => `${path}: ${message}`).join('; ');
  throw new QueueError('JOB_DATA_INVALID', `not JSON: ${lines}`, { details: { problems } });
}

/** The record of whatever a handler threw, a snapshot. */
export function attemptError(error: unknown): ErrorRecord {
  const record = toErrorRecord(error, FALLBACK_CODE);
  const snapshot = jsonSnapshot(record);
  if (snapshot !== undefined) return snapshot as unknown as ErrorRecord;
  // Details that are nested as deep as a value may be are too deep inside of another.
  const { code, message, retryable } = record;
  return Object.freeze({ code, message, retryable });
}
