import { isPlainObject, jsonProblems } from '../json/json.js';
import { isRetryable } from './is-retryable.js';
import { messageOf, readProperty } from './message-of.js';
import { OrchestraError } from './orchestra-error.js';

/** An error as it is stored, sent and shown: no stack, no class, no cause. Always a JSON value. */
export interface ErrorRecord {
  code: string;
  message: string;
  retryable: boolean;
  details?: Record<string, unknown>;
}

const CODE = /^[A-Z][A-Z0-9_]{1,63}$/;

/** Longest message kept in a record, in UTF-16 units; an agent may answer with a whole page. */
export const MAX_ERROR_MESSAGE_LENGTH = 2_000;

/**
 * The record of anything that was thrown; never throws itself.
 *
 * An `OrchestraError` keeps its code, `retryable` and those of its details that are JSON values. Anything else gets
 * `fallbackCode`, unless it carries a `code` of our shape itself, and counts as retryable unless it says
 * `retryable: false`: an unknown failure is more often a passing one, and attempts are bounded.
 */
export function toErrorRecord(error: unknown, fallbackCode: string): ErrorRecord {
  const ours = isOrchestraError(error);
  const code = readProperty(error, 'code');
  const record: ErrorRecord = {
    code: typeof code === 'string' && (ours || CODE.test(code)) ? code : fallbackCode,
    message: clip(messageOf(error)),
    retryable: isRetryable(error),
  };
  const details = ours ? jsonDetails(readProperty(error, 'details')) : undefined;
  if (details !== undefined) record.details = details;
  return record;
}

function isOrchestraError(error: unknown): boolean {
  try {
    return error instanceof OrchestraError;
  } catch {
    // A proxy whose traps throw.
    return false;
  }
}

/** Those that are JSON values; undefined when there are none. */
function jsonDetails(details: unknown): Record<string, unknown> | undefined {
  if (!isPlainObject(details)) return undefined;
  const safe: Record<string, unknown> = {};
  for (const key of Object.keys(details)) {
    const value = readProperty(details, key);
    if (key !== '__proto__' && jsonProblems(value).length === 0) safe[key] = value;
  }
  return Object.keys(safe).length > 0 ? safe : undefined;
}

/** Well-formed, because half a pair would not survive UTF-8. */
function clip(message: string): string {
  const clipped =
    message.length <= MAX_ERROR_MESSAGE_LENGTH
      ? message
      : `${message.slice(0, MAX_ERROR_MESSAGE_LENGTH - 1)}…`;
  return clipped.toWellFormed();
}
