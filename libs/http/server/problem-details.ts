import type { Problem } from '#core';

export const PROBLEM_MEDIA_TYPE = 'application/problem+json';

/** The body of every error answer (RFC 9457). Decide on `code`: it is stable; `title` and `detail` are for people. */
export interface ProblemDetails {
  /** A URN that names the kind of problem, made of its code. */
  type: string;
  title: string;
  status: number;
  /** In SCREAMING_SNAKE. */
  code: string;
  detail: string;
  /** The path of the request; absent where none could be read. */
  instance?: string;
  /** What exactly is wrong with the request. */
  errors?: readonly Problem[];
  /** When the same request may succeed; also in `Retry-After`. */
  retryAfterMs?: number;
  /** Names the entry of the log that tells more. */
  requestId?: string;
}

export function problemDetails(problem: Omit<ProblemDetails, 'type'>): ProblemDetails {
  return {
    type: `urn:nest-orchestra:problem:${problem.code.toLowerCase().replaceAll('_', '-')}`,
    ...problem,
  };
}

/** The bytes of an answer. Not a string: Fastify would add a charset to its type, which has none. */
export function encodeProblem(problem: ProblemDetails): Buffer {
  return Buffer.from(JSON.stringify(problem));
}

/** The path of a request without its query, which may hold what is nobody's business. */
export function instanceOf(url: string): string {
  const query = url.indexOf('?');
  return query === -1 ? url : url.slice(0, query);
}
