import type { IncomingMessage } from 'node:http';
import { HttpServerError } from './http-server.errors.js';

/**
 * What Node and Fastify let through and a server has to refuse: several Host headers or none, a transfer coding that
 * nobody undoes (its bytes would be taken for the next request).
 *
 * @returns the reason to refuse it, if there is one.
 */
export function checkFraming(request: IncomingMessage): HttpServerError | undefined {
  if (request.httpVersion === '1.1' && countHosts(request.rawHeaders) !== 1) {
    return new HttpServerError('BAD_REQUEST', 'a request has exactly one Host header');
  }
  const coding = request.headers['transfer-encoding'];
  if (coding === undefined || coding.trim().toLowerCase() === 'chunked') return undefined;
  return new HttpServerError('BAD_REQUEST', 'the only transfer coding is chunked');
}

/**
 * What the headers tell of a body that will not be read: it is not JSON in UTF-8, as it is, within `bodyLimitBytes`.
 *
 * @returns the reason to refuse it, if there is one.
 */
export function checkBody(
  { method, headers }: IncomingMessage,
  bodyLimitBytes: number,
): HttpServerError | undefined {
  if (method === 'GET' || method === 'HEAD') return undefined;
  const contentLength = Number(headers['content-length'] ?? 0);
  if (headers['transfer-encoding'] === undefined && contentLength === 0) return undefined;
  if (contentLength > bodyLimitBytes) {
    return new HttpServerError('PAYLOAD_TOO_LARGE', `a body has at most ${bodyLimitBytes} bytes`);
  }
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding.trim().toLowerCase() !== 'identity') {
    return new HttpServerError(
      'UNSUPPORTED_MEDIA_TYPE',
      'no content coding is understood: send the body as it is',
    );
  }
  if (isJson(headers['content-type'])) return undefined;
  return new HttpServerError('UNSUPPORTED_MEDIA_TYPE', 'a body is sent as application/json, in UTF-8');
}

function countHosts(rawHeaders: readonly string[]): number {
  let count = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at];
    if (name?.length === 4 && name.toLowerCase() === 'host') count++;
  }
  return count;
}

const CHARSET = /^charset\s*=\s*"?([^"]*)"?$/;

function isJson(contentType: string | undefined): boolean {
  if (contentType === 'application/json') return true;
  if (contentType === undefined) return false;
  const [mediaType, ...parameters] = contentType.toLowerCase().split(';');
  return (
    mediaType?.trim() === 'application/json' &&
    parameters.every((parameter) => ['utf-8', undefined].includes(CHARSET.exec(parameter.trim())?.[1]))
  );
}
