import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { HTTP_SERVER_PROBLEMS, type HttpServerErrorCode } from './http-server.errors.js';
import { PROBLEM_MEDIA_TYPE, encodeProblem, instanceOf, problemDetails } from './problem-details.js';

/** Node's answer to what is not HTTP, too large in its head, or too slow: there is no request yet, only a socket. */
export function answerClientError(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  const code = codeOfClientError(error.code);
  const { status, title } = HTTP_SERVER_PROBLEMS[code];
  const body = encodeProblem(problemDetails({ title, status, code, detail: title }));
  if (socket.writable) {
    const head = [
      `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
      `Content-Type: ${PROBLEM_MEDIA_TYPE}`,
      `Content-Length: ${body.length}`,
      'Connection: close',
    ];
    socket.write(`${head.join('\r\n')}\r\n\r\n`);
    socket.write(body);
  }
  socket.destroySoon();
}

/** The router's answer to a path it cannot decode or that is too long: no hook and no error handler sees the request. */
export function answerRouterError(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  const code = error.statusCode === 414 ? 'URI_TOO_LONG' : 'BAD_REQUEST';
  const { status, title } = HTTP_SERVER_PROBLEMS[code];
  const detail = code === 'URI_TOO_LONG' ? title : 'the path is not a valid URL';
  void reply
    .code(status)
    .header('content-type', PROBLEM_MEDIA_TYPE)
    .send(encodeProblem(problemDetails({ title, status, code, detail, instance: instanceOf(request.url) })));
}

function codeOfClientError(code: string | undefined): HttpServerErrorCode {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return 'REQUEST_TIMEOUT';
  if (code === 'HPE_HEADER_OVERFLOW') return 'HEADERS_TOO_LARGE';
  return 'BAD_REQUEST';
}
