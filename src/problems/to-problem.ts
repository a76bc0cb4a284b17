import { HttpException } from '@nestjs/common';
import { OrchestraError, ValidationError } from '#core';
import { HttpServerError, problemDetails, type ProblemDetails } from '#http';
import { kindOf, problemOfCode, problemOfStatus, type ProblemCode } from './problems.js';

/** How many errors of one request are listed: a body of a megabyte can hold more of them than anybody reads. */
const MAX_ERRORS_LISTED = 1_000;

/** Where an error occurred. */
export interface ProblemContext {
  /** The path of the request. */
  instance: string;
  requestId: string;
}

export interface ProblemAnswer {
  problem: ProblemDetails;
  headers: Record<string, string>;
}

/** The answer to anything that was thrown: no stack, and nothing at all of an error that was not meant for clients. */
export function toProblem(thrown: unknown, { instance, requestId }: ProblemContext): ProblemAnswer {
  const error = unwrap(thrown);
  const code = codeOf(error);
  const kind = kindOf(code);
  const status = error instanceof HttpException ? error.getStatus() : kind.status;
  const headers: Record<string, string> = {};
  const problem = problemDetails({ title: kind.title, status, code, detail: kind.title, instance });
  if (code === 'INTERNAL_ERROR') problem.requestId = requestId;
  else if (error instanceof Error) problem.detail = firstLine(error.message);
  if (error instanceof ValidationError) {
    const { length } = error.problems;
    problem.detail = length === 1 ? 'the request has 1 problem' : `the request has ${length} problems`;
    problem.errors = error.problems.slice(0, MAX_ERRORS_LISTED);
  }
  if (kind.retryAfterMs !== undefined) {
    problem.retryAfterMs = kind.retryAfterMs;
    headers['retry-after'] = String(Math.ceil(kind.retryAfterMs / 1_000));
  }
  if (kind.closes === true) headers.connection = 'close';
  if (code === 'UNAUTHENTICATED') headers['www-authenticate'] = 'Bearer';
  if (error instanceof HttpServerError && error.allow !== undefined) headers.allow = error.allow.join(', ');
  return { problem, headers };
}

/** Nest wraps the errors of Fastify's hooks in an exception of its own. */
function unwrap(thrown: unknown): unknown {
  return thrown instanceof HttpException && isOurs(thrown.cause) ? thrown.cause : thrown;
}

function codeOf(error: unknown): ProblemCode {
  if (isOurs(error)) return problemOfCode(error.code);
  if (error instanceof HttpException) return problemOfStatus(error.getStatus());
  return 'INTERNAL_ERROR';
}

/** A plain `instanceof` would make its code an `any`. */
function isOurs(error: unknown): error is OrchestraError {
  return error instanceof OrchestraError;
}

function firstLine(message: string): string {
  return message.split('\n', 1)[0] ?? message;
}
