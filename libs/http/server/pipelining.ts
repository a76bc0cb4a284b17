import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

/** Requests of one connection that are unanswered at once. Clients that pipeline at all have some ten of them. */
export const MAX_PIPELINED = 100;

/**
 * Has the requests of a connection wait for their turn: one begins when the answer before it is sent, so that a client
 * which asks and does not read costs one answer. Nobody is held up by it, since the answers go out in this order anyway.
 *
 * Of more than {@link MAX_PIPELINED} the rest is dropped, and not even read: the last answer before them says
 * `connection: close`. What was not answered a client sends again over another connection (RFC 9112, 9.3.2).
 */
export function limitPipelining(fastify: FastifyInstance): void {
  const pipelines = new WeakMap<Socket, Pipeline>();
  fastify.addHook('onRequest', ({ raw: { socket } }, { raw: answer }, done) => {
    let pipeline = pipelines.get(socket);
    if (pipeline === undefined) {
      pipeline = new Pipeline(socket);
      pipelines.set(socket, pipeline);
    }
    pipeline.enter({ answer, begin: done });
  });
}

interface Exchange {
  answer: ServerResponse;
  begin: () => void;
}

/** The requests of one connection. The first of them is under way, the others wait. */
class Pipeline {
  readonly #socket: Socket;
  readonly #exchanges: Exchange[] = [];
  #full = false;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  enter(exchange: Exchange): void {
    if (this.#full) return;
    if (this.#exchanges.length === MAX_PIPELINED) {
      this.#endAfterLast();
      return;
    }
    this.#exchanges.push(exchange);
    if (this.#exchanges.length === 1) this.#begin(exchange);
  }

  #begin({ answer, begin }: Exchange): void {
    answer.on('close', this.#onClose);
    begin();
  }

  readonly #onClose = (): void => {
    this.#exchanges.shift();
    const [next] = this.#exchanges;
    // Nobody waits for what was asked over a connection that has ended.
    if (next !== undefined && !this.#socket.destroyed) this.#begin(next);
  };

  #endAfterLast(): void {
    this.#full = true;
    this.#exchanges.at(-1)?.answer.setHeader('connection', 'close');
    // Node goes on reading after every message and every answer.
    this.#socket.on('resume', () => this.#socket.pause()).pause();
  }
}
