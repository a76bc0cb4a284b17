import { isUtf8 } from 'node:buffer';
import type { FastifyBodyParser, FastifyInstance } from 'fastify';
import { turnOver } from '#core';
import { HttpServerError } from './http-server.errors.js';

/** A body with more bytes takes ms to be parsed: of those that arrive together each has a turn of the event loop. */
const LARGE_BODY_BYTES = 65_536;

/**
 * JSON as RFC 8259 has it between systems: UTF-8 without a byte order mark. No body at all is `undefined`, whatever its
 * Content-Type says: clients send the header by habit, and a route that needs a body says so itself.
 */
export function createJsonBodyParser(fastify: FastifyInstance): FastifyBodyParser<Buffer> {
  // Refuses `__proto__` and `constructor.prototype` too.
  const parseJson = fastify.getDefaultJsonParser('error', 'error');
  const parse: FastifyBodyParser<Buffer> = (request, body, done) => {
    if (body.length === 0) {
      done(null, undefined);
    } else if (body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf) {
      done(new HttpServerError('MALFORMED_JSON', 'the body begins with a byte order mark'));
    } else if (!isUtf8(body)) {
      done(new HttpServerError('MALFORMED_JSON', 'the body is not UTF-8'));
    } else {
      // Its error is replaced: the message speaks of Fastify's content types.
      void parseJson(request, body.toString(), (error, value) => {
        if (error === null) done(null, value);
        else
          done(
            new HttpServerError(
              'MALFORMED_JSON',
              'the body is not JSON, or has a forbidden key (__proto__, constructor.prototype)',
            ),
          );
      });
    }
  };
  return (request, body, done) => {
    const pause = body.length > LARGE_BODY_BYTES ? turnOver() : undefined;
    if (pause === undefined) parse(request, body, done);
    else void pause.then(() => parse(request, body, done));
  };
}
