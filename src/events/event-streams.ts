import { Inject, Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Clock, type Timer } from '#core';
import { WorkflowDispatcher } from '#dispatch';
import { OpenConnections } from '../lifecycle/open-connections.js';
import { acceptsEventStream } from './accepts-event-stream.js';
import { EventFeed } from './event-feed.js';
import { EventStreamError } from './event-stream.errors.js';
import { EVENT_STREAM_OPTIONS, type EventStreamOptions } from './event-stream.options.js';
import { EventStream } from './event-stream.js';

/** Makes what is to be sent; undefined when there is nothing, and never will be. Its errors are answers of their own. */
export type OpenFrames = (signal: AbortSignal) => Promise<AsyncIterable<string> | undefined>;

/**
 * Every open stream of events: bounded in number, kept alive by one timer for all, ended by a shutdown.
 *
 * The executions are drained first, so that who watches one sees how it ended.
 */
@Injectable()
export class EventStreams implements BeforeApplicationShutdown {
  readonly #streams = new OpenConnections<EventStream>((stream) => stream.cut());
  #heartbeat: Timer | undefined;
  #closed = false;

  constructor(
    private readonly dispatcher: WorkflowDispatcher,
    private readonly feed: EventFeed,
    private readonly clock: Clock,
    @Inject(EVENT_STREAM_OPTIONS) private readonly options: EventStreamOptions,
  ) {}

  /** How many are open. */
  get size(): number {
    return this.#streams.size;
  }

  /**
   * Answers with a stream; 204 when there is nothing to stream, which tells an `EventSource` not to come again.
   * Resolves when the stream has ended.
   *
   * @throws {EventStreamError} `NOT_ACCEPTABLE`, `TOO_MANY_STREAMS`, `SHUTTING_DOWN`; what `open` throws.
   */
  async serve(request: FastifyRequest, reply: FastifyReply, open: OpenFrames): Promise<void> {
    this.#admit(request);
    const { clock } = this;
    const stream = new EventStream(reply, { clock, readerTimeoutMs: this.options.readerTimeoutMs });
    this.#streams.add(stream);
    this.#heartbeat ??= this.#nextHeartbeat();
    try {
      const frames = await open(stream.signal);
      if (frames === undefined) await reply.code(204).header('cache-control', 'no-store').send();
      else await stream.send(frames);
    } finally {
      this.#left(stream);
    }
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.dispatcher.drain();
    this.#closed = true;
    this.feed.close();
    await this.#streams.allGone(this.clock);
  }

  #admit({ headers }: FastifyRequest): void {
    if (!acceptsEventStream(headers.accept)) {
      throw new EventStreamError('NOT_ACCEPTABLE', 'the answer is text/event-stream');
    }
    if (this.#closed) {
      throw new EventStreamError('SHUTTING_DOWN', 'the event streams have ended', { retryable: true });
    }
    const { maxStreams } = this.options;
    if (this.#streams.size >= maxStreams) {
      throw new EventStreamError('TOO_MANY_STREAMS', `${maxStreams} event streams are open already`, {
        retryable: true,
        details: { maxStreams },
      });
    }
  }

  #left(stream: EventStream): void {
    this.#streams.delete(stream);
    if (this.#streams.size > 0) return;
    this.#heartbeat?.cancel();
    this.#heartbeat = undefined;
  }

  #nextHeartbeat(): Timer {
    return this.clock.setTimer(() => {
      for (const stream of this.#streams) stream.heartbeat();
      this.#heartbeat = this.#nextHeartbeat();
    }, this.options.heartbeatMs);
  }
}
