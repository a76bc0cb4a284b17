import { jsonProblems, toErrorRecord, type ErrorRecord } from '#core';

/** How deep details stand below what a store counts as one value: in an event, its data, an error. */
const NESTING = 3;

/** What a step failed with, as it can be stored: details that are nested too deep to be are left out. */
export function stepError(error: unknown): ErrorRecord {
  const record = toErrorRecord(error, 'AGENT_ERROR');
  if (record.details === undefined || isStorable(record.details)) return record;
  const { code, message, retryable } = record;
  return { code, message, retryable };
}

function isStorable(details: Record<string, unknown>): boolean {
  let nested: unknown = details;
  for (let depth = 0; depth < NESTING; depth++) nested = [nested];
  return jsonProblems(nested).length === 0;
}
