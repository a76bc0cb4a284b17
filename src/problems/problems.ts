import type { AbortCode, BackendUnavailableError, MissingPeerError, ValidationError } from '#core';
import type { AgentPoolErrorCode } from '#agent-pool';
import type { DispatchErrorCode } from '#dispatch';
import { HTTP_SERVER_PROBLEMS, type HttpServerErrorCode } from '#http';
import type { QueueErrorCode } from '#queue';
import type { SchedulesErrorCode } from '#schedules';
import type { StateErrorCode } from '#state';
import type { AuthErrorCode } from '../auth/auth.errors.js';
import type { DocsUnavailableError } from '../docs/docs.errors.js';
import type { PatternErrorCode } from '../patterns/patterns.errors.js';
import type { EventStreamErrorCode } from '../events/event-stream.errors.js';
import type { ClientGoneError } from './client-gone.error.js';

interface ProblemKind {
  status: number;
  title: string;
  /** Sent as `Retry-After` too: the same request may succeed then. */
  retryAfterMs?: number;
  /** Whether the connection ends with the answer. */
  closes?: boolean;
}

/** How long a client is asked to stay away: about the time a full queue or store needs to make some room. */
const RETRY_WHEN_FULL_MS = 1_000;

/** The same for a process that ends: by then a load balancer has noticed, or another process has started. */
const RETRY_ELSEWHERE_MS = 5_000;

/** Every problem the service answers with, by its code. */
export const PROBLEMS = {
  ...HTTP_SERVER_PROBLEMS,
  VALIDATION_FAILED: { status: 400, title: 'The request is not valid' },
  INVALID_CURSOR: { status: 400, title: 'The cursor or position is not one of this listing or stream' },
  UNAUTHENTICATED: { status: 401, title: 'An API key is needed' },
  FORBIDDEN: { status: 403, title: 'The API key does not allow this' },
  EXECUTION_NOT_FOUND: { status: 404, title: 'There is no such execution' },
  SCHEDULE_NOT_FOUND: { status: 404, title: 'There is no such schedule' },
  CAPABILITY_UNKNOWN: { status: 404, title: 'There is no pool of this capability' },
  NOT_ACCEPTABLE: { status: 406, title: 'The client does not accept an event stream' },
  EXECUTION_FINISHED: { status: 409, title: 'The execution has finished' },
  EXECUTION_NOT_RETRYABLE: { status: 409, title: 'The execution cannot run again' },
  SCHEDULE_EXISTS: { status: 409, title: 'There is a schedule of this id' },
  SCHEDULES_FULL: { status: 409, title: 'There are as many schedules as there may be' },
  IDEMPOTENCY_KEY_REUSED: { status: 422, title: 'The idempotency key stands for another request' },
  CLIENT_CLOSED_REQUEST: { status: 499, title: 'The client went away' },
  DEADLINE_EXCEEDED: { status: 504, title: 'The caller waits no longer' },
  INTERNAL_ERROR: { status: 500, title: 'The service failed' },
  DOCS_UNAVAILABLE: { status: 501, title: 'The pages of the documentation are not installed' },
  QUEUE_FULL: { status: 503, title: 'The queue is full', retryAfterMs: RETRY_WHEN_FULL_MS },
  STORE_FULL: { status: 503, title: 'The store is full', retryAfterMs: RETRY_WHEN_FULL_MS },
  BACKEND_UNAVAILABLE: {
    status: 503,
    title: 'What keeps queue and state does not answer',
    retryAfterMs: RETRY_WHEN_FULL_MS,
  },
  TOO_MANY_STREAMS: {
    status: 503,
    title: 'Too many event streams are open',
    retryAfterMs: RETRY_WHEN_FULL_MS,
  },
  SHUTTING_DOWN: {
    status: 503,
    title: 'The service is shutting down',
    retryAfterMs: RETRY_ELSEWHERE_MS,
    closes: true,
  },
} as const satisfies Record<string, ProblemKind>;

export type ProblemCode = keyof typeof PROBLEMS;

export function kindOf(code: ProblemCode): ProblemKind {
  return PROBLEMS[code];
}

type ServiceErrorCode =
  | BackendUnavailableError['code']
  | AbortCode
  | AgentPoolErrorCode
  | AuthErrorCode
  | ClientGoneError['code']
  | DispatchErrorCode
  | DocsUnavailableError['code']
  | EventStreamErrorCode
  | HttpServerErrorCode
  | PatternErrorCode
  | MissingPeerError['code']
  | QueueErrorCode
  | SchedulesErrorCode
  | StateErrorCode
  | ValidationError['code'];

/**
 * The problem that an error of the house is, by its code. What should never reach a client is an internal error.
 * A new code of the house does not compile until it is listed here.
 */
const PROBLEM_OF: Record<ServiceErrorCode, ProblemCode> = {
  VALIDATION_FAILED: 'VALIDATION_FAILED',

  EXECUTION_NOT_FOUND: 'EXECUTION_NOT_FOUND',
  EXECUTION_FINISHED: 'EXECUTION_FINISHED',
  EXECUTION_NOT_RETRYABLE: 'EXECUTION_NOT_RETRYABLE',
  IDEMPOTENCY_KEY_REUSED: 'IDEMPOTENCY_KEY_REUSED',
  SHUTTING_DOWN: 'SHUTTING_DOWN',
  STEP_TIMEOUT: 'INTERNAL_ERROR',
  STEP_OUTPUT_INVALID: 'INTERNAL_ERROR',
  EXECUTION_TIMEOUT: 'INTERNAL_ERROR',
  EXECUTION_CANCELLED: 'INTERNAL_ERROR',
  POISONED: 'INTERNAL_ERROR',
  AGENT_ERROR: 'INTERNAL_ERROR',

  BACKEND_UNAVAILABLE: 'BACKEND_UNAVAILABLE',
  QUEUE_FULL: 'QUEUE_FULL',
  QUEUE_CLOSED: 'SHUTTING_DOWN',
  JOB_NOT_FOUND: 'INTERNAL_ERROR',
  JOB_STATE_CONFLICT: 'INTERNAL_ERROR',
  JOB_DATA_INVALID: 'INTERNAL_ERROR',
  INVALID_CURSOR: 'INVALID_CURSOR',

  STALE_ATTEMPT: 'INTERNAL_ERROR',
  ALREADY_EXISTS: 'INTERNAL_ERROR',
  NOT_FOUND: 'INTERNAL_ERROR',
  INVALID_COMMIT: 'INTERNAL_ERROR',
  LIST_FULL: 'INTERNAL_ERROR',
  STORE_FULL: 'STORE_FULL',
  STATE_CLOSED: 'SHUTTING_DOWN',

  SCHEDULE_NOT_FOUND: 'SCHEDULE_NOT_FOUND',
  SCHEDULE_EXISTS: 'SCHEDULE_EXISTS',
  SCHEDULES_FULL: 'SCHEDULES_FULL',

  CAPABILITY_UNKNOWN: 'CAPABILITY_UNKNOWN',
  CAPABILITY_DUPLICATE: 'INTERNAL_ERROR',
  POOL_CLOSED: 'SHUTTING_DOWN',
  TOO_MANY_WAITERS: 'INTERNAL_ERROR',
  POOL_UNAVAILABLE: 'INTERNAL_ERROR',

  TIMEOUT: 'INTERNAL_ERROR',
  CANCELLED: 'INTERNAL_ERROR',
  SHUTDOWN: 'SHUTTING_DOWN',
  LEASE_LOST: 'INTERNAL_ERROR',

  PEER_MISSING: 'INTERNAL_ERROR',

  UNAUTHENTICATED: 'UNAUTHENTICATED',
  FORBIDDEN: 'FORBIDDEN',
  CLIENT_CLOSED_REQUEST: 'CLIENT_CLOSED_REQUEST',
  DOCS_UNAVAILABLE: 'DOCS_UNAVAILABLE',
  DEADLINE_EXCEEDED: 'DEADLINE_EXCEEDED',

  NOT_ACCEPTABLE: 'NOT_ACCEPTABLE',
  TOO_MANY_STREAMS: 'TOO_MANY_STREAMS',

  BAD_REQUEST: 'BAD_REQUEST',
  MALFORMED_JSON: 'MALFORMED_JSON',
  ROUTE_NOT_FOUND: 'ROUTE_NOT_FOUND',
  METHOD_NOT_ALLOWED: 'METHOD_NOT_ALLOWED',
  REQUEST_TIMEOUT: 'REQUEST_TIMEOUT',
  PAYLOAD_TOO_LARGE: 'PAYLOAD_TOO_LARGE',
  URI_TOO_LONG: 'URI_TOO_LONG',
  UNSUPPORTED_MEDIA_TYPE: 'UNSUPPORTED_MEDIA_TYPE',
  HEADERS_TOO_LARGE: 'HEADERS_TOO_LARGE',
};

const BY_CODE: ReadonlyMap<string, ProblemCode> = new Map(Object.entries(PROBLEM_OF));

/** A code that is not of the house counts as an internal error. */
export function problemOfCode(code: string): ProblemCode {
  return BY_CODE.get(code) ?? 'INTERNAL_ERROR';
}

/** The problems that a status alone tells, for exceptions of Nest and Fastify. */
const BY_STATUS: ReadonlyMap<number, ProblemCode> = new Map(
  (
    [
      'UNAUTHENTICATED',
      'FORBIDDEN',
      'ROUTE_NOT_FOUND',
      'METHOD_NOT_ALLOWED',
      'REQUEST_TIMEOUT',
      'PAYLOAD_TOO_LARGE',
      'URI_TOO_LONG',
      'UNSUPPORTED_MEDIA_TYPE',
      'HEADERS_TOO_LARGE',
    ] as const
  ).map((code) => [PROBLEMS[code].status, code]),
);

export function problemOfStatus(status: number): ProblemCode {
  return BY_STATUS.get(status) ?? (status >= 400 && status < 500 ? 'BAD_REQUEST' : 'INTERNAL_ERROR');
}
