import { Catch, HttpException, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { PROBLEM_MEDIA_TYPE, encodeProblem, instanceOf } from '#http';
import { stackOf } from '../lifecycle/stack-of.js';
import { ClientGoneError } from './client-gone.error.js';
import { toProblem } from './to-problem.js';

/** Answers every error with `application/problem+json`; what the service itself got wrong goes to the log, with its stack. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  readonly #logger = new Logger(ProblemFilter.name);

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    const report = ownReport(error);
    if (report !== undefined) {
      void reply.code(report.status).send(report.body);
      return;
    }
    const instance = instanceOf(request.raw.url ?? '');
    // A body that was cut off is an error of the stream that reads it, and no fault of ours.
    const { destroyed, complete } = request.raw;
    const cause = destroyed && !complete ? new ClientGoneError() : error;
    const { problem, headers } = toProblem(cause, { instance, requestId: request.id });
    if (problem.code === 'INTERNAL_ERROR') {
      this.#logger.error(`${request.method} ${instance} failed (request ${request.id})`, stackOf(error));
    }
    if (reply.raw.headersSent) {
      // Half an answer is out: a cut is the only sign left that it is not whole.
      reply.raw.destroy();
      return;
    }
    // Fastify ends the connection after a body it did not read to its end; the reset would often overtake the answer.
    // Node reads the rest instead, for as long as `requestTimeoutMs` allows. A drain's own `close` stays.
    if (problem.code === 'PAYLOAD_TOO_LARGE' && !reply.raw.hasHeader('connection'))
      headers.connection = 'keep-alive';
    void reply
      .code(problem.status)
      .headers(headers)
      .header('content-type', PROBLEM_MEDIA_TYPE)
      .send(encodeProblem(problem));
  }
}

/** What a health check found is thrown as an exception whose body is the report: that is the answer, as it is. */
function ownReport(error: unknown): { status: number; body: object } | undefined {
  if (!(error instanceof HttpException)) return undefined;
  const body = error.getResponse();
  return typeof body === 'object' && !('statusCode' in body)
    ? { status: error.getStatus(), body }
    : undefined;
}
