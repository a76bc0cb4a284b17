import { newId, type Problem } from '#core';
import { kindOf, type ProblemCode } from '../problems/problems.js';
import { toProblem } from '../problems/to-problem.js';

/** What a client is told of an error: decide on `code`, the same as REST's. */
export interface PatternProblem {
  code: string;
  message: string;
  /** Whether the same message may succeed later, here or elsewhere. */
  retryable: boolean;
  /** When that may be. */
  retryAfterMs?: number;
  /** What exactly is wrong with the payload. */
  errors?: readonly Problem[];
  /** Names the entry of the log that tells more. */
  requestId?: string;
}

/** Anything that was thrown, as a problem of REST without what is HTTP's; never a stack. */
export function toPatternProblem(thrown: unknown): PatternProblem {
  const { problem } = toProblem(thrown, { instance: '', requestId: newId() });
  const { code, detail, retryAfterMs, errors, requestId } = problem;
  return {
    code,
    message: detail,
    retryable: kindOf(code as ProblemCode).retryAfterMs !== undefined,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(errors === undefined ? {} : { errors }),
    ...(requestId === undefined ? {} : { requestId }),
  };
}
