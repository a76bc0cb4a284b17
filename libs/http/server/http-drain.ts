import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

interface Connection {
  /** Answers not yet sent to their end. */
  answers: Set<ServerResponse>;
  /** Whether a request came over it: an idle connection that is reused, not one whose first request is on its way. */
  used: boolean;
}

/**
 * The clean end of a server's connections.
 *
 * A keep-alive connection outlives its last answer by the keep-alive timeout, and closing a server waits for it. From
 * `begin` on every answer says `connection: close` and idle connections are closed, so that closing ends with the last
 * answer. No timer is involved.
 *
 * Made before the server listens. @throws Fastify's FST_ERR_INSTANCE_ALREADY_LISTENING otherwise.
 */
export class HttpDrain {
  readonly #connections = new Map<Socket, Connection>();
  #draining = false;
  #closing = false;

  constructor(fastify: FastifyInstance) {
    fastify.server.on('connection', (socket) => this.#opened(socket));
    // Before Fastify's own listener, which may answer at once.
    fastify.server.prependListener('request', ({ socket }, answer) => this.#requested(socket, answer));
    fastify.addHook('preClose', (done) => {
      this.#close();
      done();
    });
  }

  /** Idempotent. Requests are still answered, over connections old and new, once each. */
  begin(): void {
    if (this.#draining) return;
    this.#draining = true;
    for (const [socket, { answers, used }] of this.#connections) {
      if (answers.size === 0 && used) socket.destroy();
      for (const answer of answers) endConnectionAfter(answer);
    }
  }

  /** Connections without a request under way have nothing to wait for any more, fresh ones neither. */
  #close(): void {
    this.begin();
    this.#closing = true;
    for (const [socket, { answers }] of this.#connections) if (answers.size === 0) socket.destroy();
  }

  #opened(socket: Socket): void {
    if (this.#closing) {
      socket.destroy();
      return;
    }
    this.#connections.set(socket, { answers: new Set(), used: false });
    socket.once('close', () => this.#connections.delete(socket));
  }

  #requested(socket: Socket, answer: ServerResponse): void {
    const connection = this.#connections.get(socket);
    if (connection === undefined) return;
    const { answers } = connection;
    connection.used = true;
    answers.add(answer);
    if (this.#draining) endConnectionAfter(answer);
    answer.once('close', () => {
      answers.delete(answer);
      // An answer that was under way already when the drain began could not say that the connection ends with it.
      if (this.#draining && answers.size === 0) socket.destroySoon();
    });
  }
}

function endConnectionAfter(answer: ServerResponse): void {
  if (!answer.headersSent) answer.setHeader('connection', 'close');
}
