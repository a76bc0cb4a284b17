/**
 * The part of core that loads no package, in a tenth of the time and memory: for worker threads, which load everything
 * anew. All of it is in `#core` as well, and is the same there.
 */
export { AbortedError, abortReason, type AbortKind } from '../abort/aborted-error.js';
export { toErrorRecord, type ErrorRecord } from '../errors/error-record.js';
export { messageOf } from '../errors/message-of.js';
export { OrchestraError, type OrchestraErrorOptions } from '../errors/orchestra-error.js';
export type { Problem } from '../errors/validation-error.js';
export { MAX_JSON_DEPTH, isPlainObject, jsonProblems } from '../json/json.js';
