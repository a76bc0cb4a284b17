import { Inject, Injectable } from '@nestjs/common';
import { setImmediate } from 'node:timers';
import { Clock, onAbort, type Timer } from '#core';
import { OrchestraEvents } from '#events';
import type { EventFilter } from './event-filter.js';
import { EventRecording } from './event-recording.js';
import { EventStreamError } from './event-stream.errors.js';
import { EVENT_STREAM_OPTIONS, type EventStreamOptions } from './event-stream.options.js';
import { SHUTDOWN_FRAME, gapFrame, positionFrame } from './sse-frames.js';

export interface FollowFeedOptions {
  /** Resumes behind this position. Default: with the next event. */
  after?: string;
  filter: EventFilter;
  signal: AbortSignal;
}

/** How long the feed goes on recording when the last reader has left: it may be on its way back. */
const IDLE_MS = 60_000;

/**
 * Every event of this process for readers outside, as text of server-sent events.
 *
 * There is one recording for all readers, and a reader is a place in it: a slow one costs nothing, and learns by a `gap`
 * how many events went by. While nobody reads, and nobody has for {@link IDLE_MS}, nothing is recorded.
 */
@Injectable()
export class EventFeed {
  #recording: EventRecording | undefined;
  #unsubscribe: (() => void) | undefined;
  #readers = 0;
  #idle: Timer | undefined;
  readonly #waiting = new Set<() => void>();
  #waking = false;
  #closed = false;

  constructor(
    private readonly events: OrchestraEvents,
    private readonly clock: Clock,
    @Inject(EVENT_STREAM_OPTIONS) private readonly options: EventStreamOptions,
  ) {}

  /**
   * Frames as they come, several at once where there are; ends when the signal aborts or the feed closes.
   * @throws {EventStreamError} `INVALID_CURSOR`, at once, for a position that no recording gave out. One of another
   *   recording, or of one that is no longer kept, begins with a gap.
   */
  follow(options: FollowFeedOptions): AsyncGenerator<string> {
    const { after } = options;
    // Without a recording it can be no place of one; a fresh one is made to look at its form.
    const recording = this.#recording ?? this.#newRecording();
    if (after !== undefined && Number.isNaN(recording.placeOf(after))) {
      throw new EventStreamError('INVALID_CURSOR', 'not a position of this stream');
    }
    return this.#frames(options);
  }

  /** Readers get what there is, and end. Idempotent. */
  close(): void {
    this.#closed = true;
    this.#stop();
    this.#wake();
  }

  async *#frames({ after, filter, signal }: FollowFeedOptions): AsyncGenerator<string> {
    const recording = this.#enter();
    try {
      const start = after === undefined ? recording.last : recording.placeOf(after);
      const reader = { filter, told: start ?? recording.last, known: start ?? recording.last };
      const position = recording.positionOf(reader.told);
      // Also who is cut off before the first event is to come back without a loss.
      yield start === undefined ? gapFrame(null, position) : positionFrame(position);
      while (!signal.aborted) {
        const text = recording.next(reader);
        if (text !== '') yield text;
        else if (this.#closed) break;
        else if (reader.told === recording.last) await this.#news(signal);
      }
      if (!signal.aborted) yield SHUTDOWN_FRAME;
    } finally {
      this.#leave();
    }
  }

  #enter(): EventRecording {
    this.#readers++;
    this.#idle?.cancel();
    if (this.#recording !== undefined) return this.#recording;
    const recording = this.#newRecording();
    this.#recording = recording;
    this.#unsubscribe = this.events.onAny((data, type, meta) => {
      recording.push(type, data, meta);
      this.#wakeSoon();
    });
    return recording;
  }

  #leave(): void {
    if (--this.#readers > 0) return;
    if (this.#closed) this.#stop();
    else this.#idle = this.clock.setTimer(() => this.#stop(), IDLE_MS);
  }

  #stop(): void {
    this.#idle?.cancel();
    this.#unsubscribe?.();
    this.#recording = undefined;
  }

  #newRecording(): EventRecording {
    return new EventRecording(this.options, this.clock.now());
  }

  /** Once a turn of the loop, so that a burst of events wakes each reader once. */
  #wakeSoon(): void {
    if (this.#waking || this.#waiting.size === 0) return;
    this.#waking = true;
    setImmediate(() => {
      this.#waking = false;
      this.#wake();
    });
  }

  #wake(): void {
    for (const wake of [...this.#waiting]) wake();
  }

  #news(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        leave();
        this.#waiting.delete(wake);
        resolve();
      };
      const leave = onAbort(signal, wake);
      this.#waiting.add(wake);
    });
  }
}
