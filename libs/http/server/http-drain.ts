import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { listenerOfAll } from './listener-of-all.js';

/**
 * The clean end of a server's connections.
 *
 * A keep-alive connection outlives its last answer by the keep-alive timeout, and closing a server waits for it. From
 * `begin` on every answer says `connection: close`; when the server closes, what is still idle is closed with it, so that
 * closing ends with the last answer. Idle connections are left alone until then: a request may be on its way over them.
 * No timer is involved.
 *
 * Made before the server listens. @throws Fastify's FST_ERR_INSTANCE_ALREADY_LISTENING otherwise.
 */
export class HttpDrain {
  /** Each with its answers that are not yet sent to their end. */
  readonly #connections = new Map<Socket, Set<ServerResponse>>();
  readonly #onClose = listenerOfAll((answer) => this.#closed(answer));
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
    for (const answers of this.#connections.values())
      for (const answer of answers) endConnectionAfter(answer);
  }

  /** Connections without a request under way have nothing to wait for any more. */
  #close(): void {
    this.begin();
    this.#closing = true;
    for (const [socket, answers] of this.#connections) if (answers.size === 0) socket.destroy();
  }

  #opened(socket: Socket): void {
    if (this.#closing) {
      socket.destroy();
      return;
    }
    this.#connections.set(socket, new Set());
    socket.once('close', () => this.#connections.delete(socket));
  }

  #requested(socket: Socket, answer: ServerResponse): void {
    const answers = this.#connections.get(socket);
    if (answers === undefined) return;
    answers.add(answer);
    if (this.#draining) endConnectionAfter(answer);
    answer.on('close', this.#onClose);
  }

  #closed(answer: ServerResponse): void {
    const { socket } = answer.req;
    const answers = this.#connections.get(socket);
    // The connection may have gone before it.
    if (answers === undefined) return;
    answers.delete(answer);
    // An answer that was under way already when the drain began could not say that the connection ends with it.
    if (this.#closing && answers.size === 0) socket.destroySoon();
  }
}

function endConnectionAfter(answer: ServerResponse): void {
  if (!answer.headersSent) answer.setHeader('connection', 'close');
}
