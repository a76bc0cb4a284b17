import { OrchestraError } from '#core';

/**
 * Of one message, answered:
 * - `ROUTE_NOT_FOUND`: there is no such pattern.
 * - `DEADLINE_EXCEEDED`: the caller's time was over when the message came; nothing was done.
 * - `MALFORMED_JSON`: it has a forbidden key, which would be taken for a prototype.
 *
 * Of a connection, which ends with it, for what follows cannot be told apart from it:
 * - `BAD_REQUEST`: what was sent is no message of a Nest TCP client.
 * - `MALFORMED_JSON`: a message is not JSON in UTF-8.
 * - `PAYLOAD_TOO_LARGE`: a message is longer than `maxMessageLength`.
 * - `REQUEST_TIMEOUT`: a message took longer than `messageTimeoutMs` to arrive.
 */
export type PatternErrorCode =
  | 'BAD_REQUEST'
  | 'DEADLINE_EXCEEDED'
  | 'MALFORMED_JSON'
  | 'PAYLOAD_TOO_LARGE'
  | 'REQUEST_TIMEOUT'
  | 'ROUTE_NOT_FOUND';

export class PatternError extends OrchestraError<PatternErrorCode> {}
