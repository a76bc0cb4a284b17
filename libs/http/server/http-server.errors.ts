import { OrchestraError } from '#core';

/** What a server refuses before a route is reached, with the status it answers. */
export const HTTP_SERVER_PROBLEMS = {
  BAD_REQUEST: { status: 400, title: 'The request is not valid HTTP' },
  MALFORMED_JSON: { status: 400, title: 'The body is not JSON' },
  ROUTE_NOT_FOUND: { status: 404, title: 'There is no such route' },
  METHOD_NOT_ALLOWED: { status: 405, title: 'The route does not know this method' },
  REQUEST_TIMEOUT: { status: 408, title: 'The request took too long to arrive' },
  PAYLOAD_TOO_LARGE: { status: 413, title: 'The body is too large' },
  URI_TOO_LONG: { status: 414, title: 'A part of the path is too long' },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, title: 'The body is not application/json in UTF-8' },
  HEADERS_TOO_LARGE: { status: 431, title: 'The headers are too large' },
} as const satisfies Record<string, { status: number; title: string }>;

export type HttpServerErrorCode = keyof typeof HTTP_SERVER_PROBLEMS;

/**
 * Thrown by the hooks and the body parser of a server made by `createFastifyAdapter`.
 *
 * It has the fields of an error of `http-errors`, so that an application without an exception filter of its own answers
 * with its status too.
 */
export class HttpServerError extends OrchestraError<HttpServerErrorCode> {
  readonly status: number;
  readonly statusCode: number;
  readonly expose = true;
  /** Of `METHOD_NOT_ALLOWED`: the methods that are, for the header `Allow`. */
  readonly allow: readonly string[] | undefined;

  constructor(code: HttpServerErrorCode, message: string, allow?: readonly string[]) {
    super(code, message, { details: allow === undefined ? {} : { allow } });
    this.status = HTTP_SERVER_PROBLEMS[code].status;
    this.statusCode = this.status;
    this.allow = allow;
  }
}
