import type { ProblemCode } from '../problems.js';
import type { ErrorFacts } from './error-facts.js';

/** The codes of answers. */
export const ANSWERED: Readonly<Record<ProblemCode, ErrorFacts>> = {
  BAD_REQUEST: {
    cause:
      'The request is not valid HTTP: two Host headers, a path that cannot be decoded, an unknown coding. ' +
      'Over TCP: no message of a Nest client.',
    remedy: 'Mend the client or the proxy before it.',
  },
  MALFORMED_JSON: {
    cause:
      'The body is not JSON, not UTF-8, or has a key `__proto__` or, in an object `constructor`, `prototype`.',
    remedy: 'Send one JSON value in UTF-8, without a byte order mark.',
  },
  VALIDATION_FAILED: {
    cause: 'Parts of the request have the wrong shape, or the workflow cannot be run.',
    remedy: 'Mend what `errors` lists: each entry names its path and what is wrong.',
  },
  INVALID_CURSOR: {
    cause:
      'The cursor of a listing, or the position in a stream of events, was not given out there; ' +
      'with the memory driver, not by this process.',
    remedy: 'Begin again without one.',
  },
  UNAUTHENTICATED: {
    cause: 'There is no API key in the request, or one that is not known.',
    remedy: 'Send `Authorization: Bearer KEY` or `X-API-Key: KEY`.',
  },
  FORBIDDEN: {
    cause: 'The key lacks the scope of the route.',
    remedy: 'Use another key, or give this one the scope in `auth.apiKeys`.',
  },
  EXECUTION_NOT_FOUND: {
    cause:
      'There is no such execution: there never was, or it finished longer ago than `dispatch.retention` keeps.',
    remedy: 'Check the id; raise the retention if results are fetched later.',
  },
  SCHEDULE_NOT_FOUND: {
    cause:
      'There is no such schedule: there never was, it was deleted, or its only time has come and its execution is the record. ' +
      'With the memory driver a restart forgets them all.',
    remedy: 'Check the id; `GET /v1/schedules` lists those that there are.',
  },
  CAPABILITY_UNKNOWN: {
    cause: 'No pool has this capability.',
    remedy: '`GET /v1/pools` lists those that there are.',
  },
  ROUTE_NOT_FOUND: {
    cause: 'There is nothing at this path, or no such message pattern.',
    remedy: '`GET /openapi.json` lists what there is.',
  },
  METHOD_NOT_ALLOWED: {
    cause: 'The path exists, and does not know this method.',
    remedy: 'Use one that the header `Allow` names.',
  },
  NOT_ACCEPTABLE: {
    cause: 'The header `Accept` refuses the only form of the answer: `text/event-stream` for live events.',
    remedy: 'Accept it, or send no `Accept`.',
  },
  REQUEST_TIMEOUT: {
    retryable: 'yes',
    cause:
      'The request took longer to arrive than `http.headersTimeoutMs` or `http.requestTimeoutMs` allow; ' +
      'a message, than `microservice.messageTimeoutMs`.',
    remedy: 'Send it again.',
  },
  EXECUTION_FINISHED: {
    cause: 'The execution has ended, so that it cannot be cancelled.',
    remedy: 'Nothing: read how it ended.',
  },
  EXECUTION_NOT_RETRYABLE: {
    cause: 'Only an execution that failed, timed out or was cancelled can run again.',
    remedy: 'Wait for its end, or submit the workflow anew.',
  },
  SCHEDULE_EXISTS: {
    cause: 'The id is that of another schedule.',
    remedy: 'Read the one that there is, delete it first, or take another id.',
  },
  SCHEDULES_FULL: {
    cause: 'There are `schedules.maxSchedules` already.',
    remedy: 'Delete those that nobody needs, or raise the limit.',
  },
  PAYLOAD_TOO_LARGE: {
    cause:
      'The body is larger than `http.bodyLimitBytes`, or the message than `microservice.maxMessageLength`.',
    remedy: 'Send less: pass references to large data, not the data.',
  },
  URI_TOO_LONG: { cause: 'A part of the path is longer than any id.', remedy: 'Check the id in the path.' },
  UNSUPPORTED_MEDIA_TYPE: {
    cause: 'The body is not `application/json` in UTF-8, or it is compressed.',
    remedy: 'Send `Content-Type: application/json` and the body as it is.',
  },
  IDEMPOTENCY_KEY_REUSED: {
    cause: 'The `Idempotency-Key` stands for another request already.',
    remedy: 'Take a new key for each request that is meant to be another one.',
  },
  HEADERS_TOO_LARGE: {
    cause: 'The head of the request is larger than `http.maxHeaderSizeBytes`.',
    remedy: 'Send fewer or shorter headers.',
  },
  DEADLINE_EXCEEDED: {
    retryable: 'no',
    cause: 'The time that the caller gave (`deadlineMs`) was over when the message came; nothing was done.',
    remedy: 'Give it more time, or look at what delays messages.',
  },
  CLIENT_CLOSED_REQUEST: {
    retryable: 'it depends',
    cause: 'The client went away before it was answered. Seen in logs alone.',
    remedy: 'Nothing; a submit with an `Idempotency-Key` can safely be sent again.',
  },
  INTERNAL_ERROR: {
    retryable: 'it depends',
    cause: 'A fault of the service.',
    remedy: 'Look for `requestId` in the log of the service.',
  },
  DOCS_UNAVAILABLE: {
    cause: 'The package `swagger-ui-dist`, an optional peer, is not installed.',
    remedy: 'Install it, or read `GET /openapi.json` with another tool.',
  },
  QUEUE_FULL: {
    cause: '`dispatch.maxQueueDepth` executions are waiting already; nothing was accepted.',
    remedy: 'Send it again after `Retry-After`.',
  },
  STORE_FULL: {
    cause: 'The store has no room for another execution; nothing was accepted.',
    remedy: 'Send it again after `Retry-After`; shorten `dispatch.retention` if it stays so.',
  },
  BACKEND_UNAVAILABLE: {
    cause:
      'Redis, which keeps queue and state, cannot be reached, did not answer in time, or takes no writes now. A submit may ' +
      'have been accepted all the same.',
    remedy:
      'Send it again after `Retry-After`, with the same `Idempotency-Key`. docs/disaster-recovery.md is for operators.',
  },
  TOO_MANY_STREAMS: {
    cause: 'As many streams of events are open as `events.maxStreams` allows.',
    remedy: 'Try again later, close streams that nobody reads, or raise the limit.',
  },
  SHUTTING_DOWN: {
    cause: 'The process is ending; nothing was accepted.',
    remedy: 'Send it again after `Retry-After`, on a new connection.',
  },
};
