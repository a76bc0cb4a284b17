import type { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import { MAX_ID_LENGTH, loadPeer, newId, parseOptions } from '#core';
import { AllowedMethods } from './allowed-methods.js';
import { checkBody, checkFraming } from './check-request.js';
import { HttpServerError } from './http-server.errors.js';
import { httpServerOptionsSchema, type HttpServerOptions } from './http-server-options.js';
import { createJsonBodyParser } from './json-body-parser.js';
import { instanceOf } from './problem-details.js';
import { limitPipelining } from './pipelining.js';
import { limitSending } from './send-timeout.js';
import { answerClientError, answerRouterError } from './unrouted-errors.js';

/**
 * Longest parameter of a path, decoded, that reaches a route. Beyond the longest id, so that a route itself says what is
 * wrong with one that is somewhat too long.
 */
const MAX_PARAM_LENGTH = 4 * MAX_ID_LENGTH;

/**
 * Nest's Fastify adapter with every limit set: how long a client may take, how much it may send, how many there may be.
 * Bodies are JSON or refused. Where it listens is the caller's: `app.listen(port, host)`.
 *
 * Neither `forceCloseConnections` (it cuts answers under way) nor `return503OnClosing` (it refuses health checks too) is
 * for a clean end; see `HttpDrain`.
 *
 * @throws {ValidationError} for bad options; {MissingPeerError} without `@nestjs/platform-fastify`.
 */
export async function createFastifyAdapter(options: HttpServerOptions = {}): Promise<FastifyAdapter> {
  const resolved = parseOptions(httpServerOptionsSchema, options, 'HTTP server options');
  const { bodyLimitBytes } = resolved;
  const platform = await loadPeer('@nestjs/platform-fastify', () => import('@nestjs/platform-fastify'));
  const adapter = new platform.FastifyAdapter({
    keepAliveTimeout: resolved.keepAliveTimeoutMs,
    // Fastify's default is none at all.
    requestTimeout: resolved.requestTimeoutMs,
    bodyLimit: bodyLimitBytes,
    http: {
      headersTimeout: resolved.headersTimeoutMs,
      // Node's default, 30 s, would let both timeouts pass unnoticed for so long.
      connectionsCheckingInterval: resolved.connectionsCheckingIntervalMs,
      maxHeaderSize: resolved.maxHeaderSizeBytes,
      // Checked by a hook, together with the number of them; Node's own answer has no body.
      requireHostHeader: false,
    },
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
    trustProxy: false,
    onProtoPoisoning: 'error',
    onConstructorPoisoning: 'error',
    return503OnClosing: false,
    multipart: false,
    genReqId: () => newId(),
    clientErrorHandler: answerClientError,
    frameworkErrors: answerRouterError,
  });
  const fastify = adapter.getInstance();
  fastify.server.maxConnections = resolved.maxConnections;
  limitSending(fastify.server, resolved.sendTimeoutMs);
  // Before every other hook: what waits for its turn has not begun.
  limitPipelining(fastify);
  adapter.useBodyParser(
    'application/json',
    false,
    { bodyLimit: bodyLimitBytes },
    createJsonBodyParser(fastify),
  );
  refuseEarly(fastify, bodyLimitBytes);
  return adapter;
}

/** Refuses what no route is to see, before its body is read. */
function refuseEarly(fastify: FastifyInstance, bodyLimitBytes: number): void {
  const allowed = new AllowedMethods();
  fastify.addHook('onRoute', ({ method, url }) => allowed.add(method, url));
  fastify.addHook('onRequest', (request, reply, done) => {
    const { raw } = request;
    const refusal = checkFraming(raw) ?? (request.is404 ? notFound(raw.url) : checkBody(raw, bodyLimitBytes));
    // What follows such a request on its connection cannot be told apart from it.
    if (refusal?.code === 'BAD_REQUEST') void reply.header('connection', 'close');
    done(refusal);
  });

  function notFound(url = ''): HttpServerError {
    const path = instanceOf(url);
    const allow = allowed.of(path);
    if (allow.length === 0) return new HttpServerError('ROUTE_NOT_FOUND', 'there is no such route');
    return new HttpServerError('METHOD_NOT_ALLOWED', `the methods here are ${allow.join(', ')}`, allow);
  }
}
