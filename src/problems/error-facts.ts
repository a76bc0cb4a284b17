import type { ProblemCode } from './problems.js';

/** What a code means: the source of docs/errors.md, and of what the OpenAPI document says of each problem. */
export interface ErrorFacts {
  cause: string;
  /** What to do about it. */
  remedy: string;
  /** Whether the same request or work may succeed when it is tried again. Default: what the table of problems says, or no. */
  retryable?: 'yes' | 'no' | 'it depends';
}

/** The codes of answers. */
export const ANSWERED: Readonly<Record<ProblemCode, ErrorFacts>> = {
  BAD_REQUEST: {
    cause:
      'The request is not valid HTTP: two Host headers, a path that cannot be decoded, an unknown coding.',
    remedy: 'Mend the client or the proxy before it.',
  },
  MALFORMED_JSON: {
    cause: 'The body is empty, not JSON, not UTF-8, or has a key `__proto__`.',
    remedy: 'Send one JSON value in UTF-8, without a byte order mark.',
  },
  VALIDATION_FAILED: {
    cause: 'Parts of the request have the wrong shape, or the workflow cannot be run.',
    remedy: 'Mend what `errors` lists: each entry names its path and what is wrong.',
  },
  INVALID_CURSOR: {
    cause:
      'The cursor or position was not issued by this listing, or by another process of the memory driver.',
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
  CAPABILITY_UNKNOWN: {
    cause: 'No pool has this capability.',
    remedy: '`GET /v1/pools` lists those that there are.',
  },
  ROUTE_NOT_FOUND: {
    cause: 'There is nothing at this path.',
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
    cause: 'The request took longer to arrive than `http.headersTimeoutMs` or `http.requestTimeoutMs` allow.',
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
  PAYLOAD_TOO_LARGE: {
    cause: 'The body is larger than `http.bodyLimitBytes`.',
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
  TOO_MANY_STREAMS: {
    cause: 'As many streams of events are open as `events.maxStreams` allows.',
    remedy: 'Try again later, close streams that nobody reads, or raise the limit.',
  },
  SHUTTING_DOWN: {
    cause: 'The process is ending; nothing was accepted.',
    remedy: 'Send it again after `Retry-After`, on a new connection.',
  },
};

/** The codes in the `error` of an execution, a step or an agent. */
export const RECORDED: Readonly<Record<string, ErrorFacts & Required<Pick<ErrorFacts, 'retryable'>>>> = {
  AGENT_ERROR: {
    retryable: 'it depends',
    cause: 'The agent threw an error without a code of its own. Retryable unless it says `retryable: false`.',
    remedy: 'Read the message: it is the agent’s.',
  },
  AGENT_UNREACHABLE: {
    retryable: 'yes',
    cause: 'No connection to the agent, or no process of it, could be had; the task never began.',
    remedy: 'See that the agent runs where the configuration says.',
  },
  AGENT_LOST: {
    retryable: 'yes',
    cause: 'The connection or the process ended under the task, which may have run.',
    remedy: 'Look at the agent’s own log.',
  },
  AGENT_HTTP_ERROR: {
    retryable: 'it depends',
    cause:
      'The agent answered with another status than 2xx: `details.status`. 408, 425, 429 and 5xx are retryable.',
    remedy: 'Look at the agent’s own log.',
  },
  AGENT_INPUT_INVALID: {
    retryable: 'no',
    cause: 'The input of the step is not what this kind of agent takes: `details.problems`.',
    remedy: 'Mend the `input` of the step.',
  },
  AGENT_INVALID_OUTPUT: {
    retryable: 'no',
    cause: 'The answer of the agent is complete and not JSON, or not MCP.',
    remedy: 'Mend the agent; `details` shows the beginning of its answer.',
  },
  AGENT_OUTPUT_TOO_LARGE: {
    retryable: 'no',
    cause: 'The output is larger than `maxOutputBytes`.',
    remedy: 'Raise the limit of the pool, or let the agent answer with a reference.',
  },
  AGENT_TOOL_ERROR: {
    retryable: 'it depends',
    cause: 'The MCP server answered that the tool failed, or that there is none of that name.',
    remedy: 'Read the message: it is the tool’s.',
  },
  AGENT_MODULE_INVALID: {
    retryable: 'no',
    cause: 'The module of a pool cannot be loaded, or exports no function.',
    remedy: 'Mend the module; `GET /v1/agents` shows it until the agent is there.',
  },
  AGENT_CREATE_FAILED: {
    retryable: 'yes',
    cause:
      'An agent could not be made, for a reason without a code of its own. It is tried again with back-off.',
    remedy: 'Read the message in `GET /v1/agents`.',
  },
  EXPRESSION_FAILED: {
    retryable: 'no',
    cause:
      'An expression failed, gave nothing, or took longer than `dispatch.expressionTimeoutMs`: `details.expression`.',
    remedy: 'Mend the expression, or the output that it reads.',
  },
  STEP_TIMEOUT: {
    retryable: 'yes',
    cause: 'An attempt took longer than the `timeoutMs` of the step.',
    remedy: 'Give the step more time or attempts.',
  },
  STEP_OUTPUT_INVALID: {
    retryable: 'no',
    cause: 'The agent gave something that JSON cannot hold.',
    remedy: 'Mend the agent.',
  },
  EXECUTION_TIMEOUT: {
    retryable: 'no',
    cause: 'The execution took longer than its `timeoutMs`.',
    remedy: 'Give it more time; `POST /v1/executions/{id}/retry` goes on from where it was.',
  },
  EXECUTION_CANCELLED: {
    retryable: 'no',
    cause: 'The execution was cancelled; the message gives the reason.',
    remedy: '`POST /v1/executions/{id}/retry` goes on from where it was.',
  },
  CANCELLED: {
    retryable: 'no',
    cause: 'The step was in flight when its execution was cancelled, or failed in another step.',
    remedy: 'Look at the error of the execution.',
  },
  TIMEOUT: {
    retryable: 'no',
    cause:
      'The step was in flight when the time of its execution was over, or an agent took too long to be made.',
    remedy: 'Look at the error of the execution, or at `createTimeoutMs` of the pool.',
  },
  SHUTDOWN: {
    retryable: 'no',
    cause: 'The work was in flight when the process ended.',
    remedy: 'A worker that takes the execution up again runs the step again.',
  },
  LEASE_LOST: {
    retryable: 'it depends',
    cause: 'The worker lost its execution to another one, or the store refused its results.',
    remedy: 'Nothing: whoever has the execution now brings it to its end.',
  },
  CAPABILITY_UNKNOWN: {
    retryable: 'no',
    cause: 'The pool that the step names has gone since the workflow was accepted.',
    remedy: 'Put it back into the configuration, then retry the execution.',
  },
  TOO_MANY_WAITERS: {
    retryable: 'yes',
    cause: '`maxWaiters` leases of the pool are waiting already.',
    remedy: 'Give the pool more agents, or run fewer executions at once.',
  },
  POOL_CLOSED: {
    retryable: 'no',
    cause: 'The pool closed before the step got an agent.',
    remedy: 'Retry the execution once the service runs again.',
  },
  INTERNAL_ERROR: {
    retryable: 'no',
    cause: 'The execution could not be run, for a reason outside its workflow.',
    remedy: 'Look for its id in the log of the service.',
  },
};

/** The codes that only those meet who use the libraries; an answer has `INTERNAL_ERROR` or `SHUTTING_DOWN` in their place. */
export const THROWN: Readonly<Record<string, ErrorFacts>> = {
  CAPABILITY_DUPLICATE: {
    cause: 'Two pools of one capability.',
    remedy: 'Give each pool a capability of its own.',
  },
  QUEUE_CLOSED: {
    cause: 'The queue driver was closed.',
    remedy: 'Add nothing after the application closed.',
  },
  JOB_NOT_FOUND: {
    cause: 'No job of that id is kept.',
    remedy: 'Check the id and the retention of the job.',
  },
  JOB_STATE_CONFLICT: {
    cause: 'The job is not in a state in which that can be done: `details.state`.',
    remedy: 'Read the job first.',
  },
  JOB_DATA_INVALID: {
    cause: 'The data of a job, or its result, does not survive JSON unchanged: `details.problems`.',
    remedy: 'Use JSON values alone.',
  },
  JOB_FAILED: {
    cause: 'In the error of a job: its handler threw an error without a code of its own.',
    remedy: 'Read the message.',
  },
  STALE_ATTEMPT: {
    cause: 'A commit whose claim is not the latest one of its key; nothing was written.',
    remedy: 'Stop: another worker has the work now.',
  },
  ALREADY_EXISTS: {
    cause: 'A record that had to be absent is there: `details.key`; nothing was written.',
    remedy: 'Read the record that is there.',
  },
  NOT_FOUND: {
    cause: 'A record that had to be present is not: `details.key`; nothing was written.',
    remedy: 'Check the key.',
  },
  INVALID_COMMIT: {
    cause:
      'A commit that breaks a bound or holds what JSON cannot carry: `details.problems`; nothing was written.',
    remedy: 'Mend the commit.',
  },
  LIST_FULL: {
    cause: 'A list would hold more than `maxListLength`; nothing was written.',
    remedy: 'Take from the list first.',
  },
  STATE_CLOSED: {
    cause: 'The state store was closed.',
    remedy: 'Write nothing after the application closed.',
  },
};
