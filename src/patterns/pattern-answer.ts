import type { PatternRequest } from './pattern-request.js';

/** What Nest's clients understand: values, then an end; or an error. */
export interface PatternAnswer {
  /** Of the request; absent where none could be read. */
  id?: PatternRequest['id'];
  response?: unknown;
  err?: unknown;
  /** Set on the last one of a request. */
  isDisposed?: boolean;
}
