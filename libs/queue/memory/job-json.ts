import { jsonProblems, toErrorRecord, type ErrorRecord } from '#core';
import { QueueError } from '../ports/queue.errors.js';

/** Code of an attempt whose error has none of its own. */
const FALLBACK_CODE = 'JOB_FAILED';

/**
 * JSON text of a job's data or result.
 * @throws {QueueError} `JOB_DATA_INVALID` with `details.problems`, when reading it back would not give the same.
 */
export function encodeJson(value: unknown, what: 'data' | 'result'): string {
  let cause: unknown;
  let problems;
  try {
    problems = jsonProblems(value, [what]);
    if (problems.length === 0) return JSON.stringify(value);
  } catch (error) {
    // A getter or proxy that throws, or a text longer than a string can be.
    cause = error;
    problems = [{ path: what, message: 'cannot be read' }];
  }
  const lines = problems.map(({ path, message }) => `${path}: ${message}`).join('; ');
  throw new QueueError('JOB_DATA_INVALID', `not JSON: ${lines}`, { details: { problems }, cause });
}

/** The record of whatever a handler threw. */
export function attemptError(error: unknown): ErrorRecord {
  return toErrorRecord(error, FALLBACK_CODE);
}
