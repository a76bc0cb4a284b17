import type { Clock } from '#core';
import { RedisChannels, type RedisOptions } from '#redis';
import { LogReader, type LogReaderOptions, type LogSource } from './log-reader.js';
import type { QueuePage } from './log-page.js';
import type { Place } from './position.js';

export interface LogsOptions {
  clock: Clock;
  redis: RedisOptions;
  channelOf: (log: string) => string;
  readPage: (log: string, after: Place, limit: number) => Promise<QueuePage | undefined>;
  onError: (error: Error) => void;
}

/** The readers of a store, and the one connection over which they are told of what is appended. */
export class Logs implements LogSource {
  readonly #options: LogsOptions;
  readonly #channels: RedisChannels;
  readonly #readers = new Set<LogReader>();
  /** Pages that were asked for in this turn. */
  readonly #asked = new Map<string, Promise<QueuePage | undefined>>();
  #closed = false;

  constructor(options: LogsOptions) {
    this.#options = options;
    this.#channels = new RedisChannels(options);
  }

  get clock(): Clock {
    return this.#options.clock;
  }

  get closed(): boolean {
    return this.#closed;
  }

  read(log: string, after: Place, options: LogReaderOptions): LogReader {
    return new LogReader(this, log, after, options);
  }

  /**
   * A thousand readers that are told of an entry at once ask one question. Only those of one turn may share it: who asks
   * later may know of an entry that came after it.
   */
  page(log: string, after: Place, limit: number): Promise<QueuePage | undefined> {
    const question = `${after.epoch}-${after.number}/${limit}/${log}`;
    let page = this.#asked.get(question);
    if (page === undefined) {
      page = this.#options.readPage(log, after, limit);
      this.#asked.set(question, page);
      queueMicrotask(() => this.#asked.delete(question));
    }
    return page;
  }

  watch(log: string, told: () => void): Promise<() => void> {
    return this.#channels.subscribe(this.#options.channelOf(log), told);
  }

  enter(reader: LogReader): void {
    this.#readers.add(reader);
  }

  leave(reader: LogReader): void {
    this.#readers.delete(reader);
  }

  /** Ends every reader. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const reader of this.#readers) reader.end();
    await this.#channels.close();
  }
}
