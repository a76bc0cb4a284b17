/**
 * What every floor needs and nothing of ours beneath it.
 *
 * Glossary, used in code, metrics and logs alike:
 * - **workflow**: a definition; **execution**: one run of it; **step**: a node of its DAG.
 * - **agent**: a worker instance with one **capability**; **pool**: the agents of one capability;
 *   **lease**: the right to run one task on one agent.
 * - **driver**: what keeps queue and state: `memory` or `bullmq`.
 */
export { AbortedError, abortReason, type AbortCode, type AbortKind } from './abort/aborted-error.js';
export { Deadline, type DeadlineOptions } from './abort/deadline.js';
export { onAbort } from './abort/on-abort.js';
export { untilAborted } from './abort/until-aborted.js';
export {
  breakerOptionsSchema,
  type BreakerOptions,
  type BreakerOptionsInput,
} from './breaker/breaker-options.js';
export {
  BREAKER_STATES,
  CircuitBreaker,
  type BreakerOutcome,
  type BreakerState,
  type CircuitBreakerOptions,
} from './breaker/circuit-breaker.js';
export { Clock, MAX_DELAY_MS, type SleepOptions, type Timer, type TimerOptions } from './clock/clock.js';
export { ClockModule } from './clock/clock.module.js';
export { delayMsSchema, durationMsSchema } from './clock/duration.js';
export { ManualClock } from './clock/manual-clock.js';
export { SystemClock } from './clock/system-clock.js';
export { BackendUnavailableError } from './errors/backend-unavailable.error.js';
export { MAX_ERROR_MESSAGE_LENGTH, toErrorRecord, type ErrorRecord } from './errors/error-record.js';
export { isRetryable } from './errors/is-retryable.js';
export { messageOf } from './errors/message-of.js';
export { OrchestraError, type OrchestraErrorOptions } from './errors/orchestra-error.js';
export { ValidationError, type Problem } from './errors/validation-error.js';
export { MAX_ID_LENGTH, idSchema, newId } from './ids/id.js';
export { jsonValueSchema } from './json/json-schema.js';
export { MAX_JSON_DEPTH, isPlainObject, jsonProblems, type JsonObject, type JsonValue } from './json/json.js';
export { jsonSnapshot, snapshotDepth } from './json/json-snapshot.js';
export { parseJson } from './json/parse-json.js';
export { JitteredLoop, type JitteredLoopOptions } from './loop/jittered-loop.js';
export { defineModuleOptions } from './options/module-options.js';
export { parseOptions } from './options/parse-options.js';
export { parsePath } from './options/parse-path.js';
export { parseShape, type ParsedShape } from './options/parse-shape.js';
export { formatPath, toProblems } from './options/problem-list.js';
export { MissingPeerError, loadPeer } from './peers/load-peer.js';
export { DEFAULT_PAGE_LIMIT, MAX_PAGE_LIMIT, pageLimitSchema, type Page } from './paging/page.js';
export {
  DEFAULT_RETRY_POLICY,
  backoffDelayMs,
  retryPolicySchema,
  type RetryPolicy,
  type RetryPolicyInput,
} from './retry/retry-policy.js';
export { retry, retryAfter, type RetryOptions } from './retry/retry.js';
export { readTraceparent, traceparentSchema } from './trace/traceparent.js';
export { runAtOnce, runInTurns, type Work } from './turns/run-work.js';
export { TURN_BUDGET_MS, turnOver } from './turns/turn-budget.js';
