import type { OutgoingHttpHeaders } from 'node:http';
import type { FastifyReply } from 'fastify';
import type { Clock } from '#core';
import { clientGoneSignal } from '../problems/client-gone.error.js';
import { EVENT_STREAM_MEDIA_TYPE } from './accepts-event-stream.js';
import { FIRST_FRAME, HEARTBEAT_FRAME } from './sse-frames.js';

export interface EventStreamLimits {
  clock: Clock;
  /** How long what was written may wait to be taken. */
  readerTimeoutMs: number;
}

const HEADERS = {
  'content-type': EVENT_STREAM_MEDIA_TYPE,
  'cache-control': 'no-store',
  // nginx would hold events back until its buffer is full.
  'x-accel-buffering': 'no',
};

/**
 * One answer of server-sent events. Nothing is asked of the source while the reader has not taken what was written, so a
 * slow reader costs no more than the buffer of its socket; one that takes nothing for `readerTimeoutMs` is cut off.
 */
export class EventStream {
  /** Aborts when the reader has gone or was cut off. */
  readonly signal: AbortSignal;
  readonly #reply: FastifyReply;
  readonly #limits: EventStreamLimits;

  constructor(reply: FastifyReply, limits: EventStreamLimits) {
    this.#reply = reply;
    this.#limits = limits;
    this.signal = clientGoneSignal(reply);
  }

  /** Resolves when the reader has it all, has gone, or was cut off. @throws what the source throws; half is out then. */
  async send(frames: AsyncIterable<string>): Promise<void> {
    const { raw, request } = this.#reply;
    this.#reply.hijack();
    if (this.#hasGone()) return;
    raw.writeHead(200, { ...(this.#reply.getHeaders() as OutgoingHttpHeaders), ...HEADERS });
    if (request.method !== 'HEAD') {
      raw.write(FIRST_FRAME);
      await this.#write(frames);
    }
    if (this.#hasGone()) return;
    raw.end();
    await this.#until('finish');
  }

  /** For those on the way, who take silence for death. A reader that is behind has no need of it. */
  heartbeat(): void {
    const { raw } = this.#reply;
    const isOpen = raw.headersSent && !raw.writableEnded && !raw.destroyed;
    if (isOpen && !raw.writableNeedDrain) raw.write(HEARTBEAT_FRAME);
  }

  cut(): void {
    this.#reply.raw.destroy();
  }

  #hasGone(): boolean {
    return this.#reply.raw.destroyed;
  }

  async #write(frames: AsyncIterable<string>): Promise<void> {
    const { raw } = this.#reply;
    for await (const text of frames) {
      if (this.#hasGone()) return;
      if (!raw.write(text)) await this.#until('drain');
    }
  }

  #until(event: 'drain' | 'finish'): Promise<void> {
    const { raw } = this.#reply;
    const { clock, readerTimeoutMs } = this.#limits;
    return new Promise((resolve) => {
      const done = (): void => {
        timer.cancel();
        raw.off(event, done).off('close', done);
        resolve();
      };
      const timer = clock.setTimer(() => this.cut(), readerTimeoutMs);
      raw.once(event, done).once('close', done);
      if (this.#hasGone() || (event === 'finish' && raw.writableFinished)) done();
    });
  }
}
