import { createServer, type AddressInfo, type Server as NetServer, type Socket } from 'node:net';
import { Server, Transport } from '@nestjs/microservices';
import type { Observable } from 'rxjs';
import type { Clock } from '#core';
import { DispatchError } from '#dispatch';
import { OpenConnections } from '../lifecycle/open-connections.js';
import { PatternConnection } from './pattern-connection.js';
import { PatternContext } from './pattern-context.js';
import type { PatternRequest } from './pattern-request.js';
import { PatternError } from './patterns.errors.js';
import type { PatternsOptions } from './patterns.options.js';
import { toPatternProblem } from './to-pattern-problem.js';

/**
 * Serves the clients of Nest's TCP transport.
 *
 * Nest's own server speaks the same protocol, but takes any number of connections and of requests under way, holds 128
 * million characters for each client, lets a message take for ever as long as some of it arrives, runs requests whose
 * client has gone, and cuts answers off when it closes.
 */
export class PatternServer extends Server<Record<string, () => void>> {
  override readonly transportId = Transport.TCP;
  readonly #options: PatternsOptions;
  readonly #clock: Clock;
  readonly #server: NetServer;
  readonly #connections = new OpenConnections<PatternConnection>((connection) => connection.destroy());
  #draining = false;

  constructor(options: PatternsOptions, clock: Clock) {
    super();
    this.#options = options;
    this.#clock = clock;
    this.#server = createServer((socket) => this.#accept(socket));
    this.#server.maxConnections = options.maxConnections;
  }

  /** Where it listens: `tcp://127.0.0.1:4000`. */
  get url(): string {
    const { address, family, port } = this.#server.address() as AddressInfo;
    return `tcp://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
  }

  override listen(callback: (error?: Error) => void): void {
    const { host, port } = this.#options;
    // Says whose port it is: the HTTP server has one too.
    const onError = (error: Error): void => callback(Object.assign(error, { section: 'microservice' }));
    this.#server.once('error', onError);
    this.#server.listen(port, host, () => {
      this.#server.off('error', onError);
      // Of a connection that could not be accepted; the next one may be.
      this.#server.on('error', (error) => this.handleError(error.message));
      callback();
    });
  }

  /** From now on every request is refused with `SHUTTING_DOWN`; those under way are answered. Idempotent. */
  drain(): void {
    this.#draining = true;
  }

  /** Resolves when every connection has ended, after its last answer where that is read in time. Idempotent. */
  override async close(): Promise<void> {
    this.drain();
    this.#server.close();
    for (const connection of this.#connections) connection.end();
    await this.#connections.allGone(this.#clock);
  }

  override on(event: string, callback: () => void): void {
    this.#server.on(event, callback);
  }

  override unwrap<T>(): T {
    return this.#server as T;
  }

  #accept(socket: Socket): void {
    const connection = new PatternConnection({
      socket,
      clock: this.#clock,
      limits: this.#options,
      serve: (request, client) => this.#serve(request, client),
      log: (text) => {
        this.logger.debug?.(text);
      },
    });
    this.#connections.add(connection);
    socket.once('close', () => this.#connections.delete(connection));
  }

  #serve({ id, pattern, data, refusal }: PatternRequest, connection: PatternConnection): void {
    const refuse = (error: Error): void =>
      connection.answer(id, { err: toPatternProblem(error), isDisposed: true });
    if (this.#draining) {
      refuse(new DispatchError('SHUTTING_DOWN', 'the service takes no more work', { retryable: true }));
      return;
    }
    if (refusal !== undefined) {
      refuse(refusal);
      return;
    }
    // Not by `getHandlerByPattern`, which would parse what is meant to be a name.
    const handler = typeof pattern === 'string' ? this.messageHandlers.get(pattern) : undefined;
    if (typeof pattern !== 'string' || handler === undefined) {
      refuse(new PatternError('ROUTE_NOT_FOUND', 'there is no such pattern'));
      return;
    }
    const context = new PatternContext([pattern, connection.signal]);
    this.handleRequest(
      context,
      // Not awaited here: what rejects is to end in the stream, where it is answered.
      () => Promise.resolve(this.transformToObservable(handler(data, context)) as Observable<unknown>),
      (answer) => connection.answer(id, answer),
    );
  }
}
