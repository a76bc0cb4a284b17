import { BackendUnavailableError, onAbort, type Clock } from '#core';
import type { LogEntry, LogReadOptions } from '../ports/state-store.js';
import { entryOf, placeIn, type QueuePage } from './log-page.js';
import type { Place } from './position.js';

/** How many entries are read at once; a reader holds no more of them. */
const PAGE_LENGTH = 100;

/** How long a reader waits on average before it asks again a server that did not answer. */
const RETRY_MS = 500;

/** What a reader needs of its store. */
export interface LogSource {
  readonly clock: Clock;
  readonly closed: boolean;
  /** Up to `limit` entries behind a place, or with 0 the last one; undefined when there is none. */
  page(log: string, after: Place, limit: number): Promise<QueuePage | undefined>;
  /** Calls `told` whenever there may be more to read. Once it resolves, nothing appended later is missed. */
  watch(log: string, told: () => void): Promise<() => void>;
  /** Has `reader.end()` called when the store closes. */
  enter(reader: LogReader): void;
  leave(reader: LogReader): void;
}

export type LogReaderOptions = Required<Omit<LogReadOptions, 'after'>>;

type Result = IteratorResult<LogEntry, undefined>;
const DONE: Result = Object.freeze({ done: true, value: undefined });

interface Waiting {
  resolve: (result: Result) => void;
  reject: (error: unknown) => void;
}

/**
 * One iteration over a log. It reads pages from where it stands; at the end of the log it watches it, and reads again
 * whenever it is told of more. Only while a `next()` waits does it read: whoever is slow holds one page.
 *
 * While the server is away a reader that follows waits, and goes on by itself; one that does not, fails.
 */
export class LogReader implements AsyncIterableIterator<LogEntry, undefined> {
  readonly #source: LogSource;
  readonly #log: string;
  readonly #options: LogReaderOptions;
  #after: Place;
  #page: QueuePage | undefined;
  /** The next entry of the page. */
  #at = 0;
  /** Whether there may be entries behind the page; while the log is watched. */
  #stale = true;
  #ended = false;
  #reading = false;
  readonly #waiting: Waiting[] = [];
  #wake: (() => void) | undefined;
  #unwatch: (() => void) | undefined;
  #leaveSignal: (() => void) | undefined;

  constructor(source: LogSource, log: string, after: Place, options: LogReaderOptions) {
    this.#source = source;
    this.#log = log;
    this.#after = after;
    this.#options = options;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<Result> {
    if (this.#ended || this.#source.closed || this.#options.signal.aborted) return this.return();
    const result = this.#waiting.length === 0 ? this.#take() : undefined;
    if (result !== undefined) return result;
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      if (!this.#reading) void this.#serve();
    });
  }

  async return(): Promise<Result> {
    this.end();
    return DONE;
  }

  /** Ends the iteration and every call that waits. Idempotent. */
  end(): void {
    this.#ended = true;
    this.#leave();
    this.#wake?.();
    for (const { resolve } of this.#waiting.splice(0)) resolve(DONE);
  }

  /** Answers the calls that wait, in order. Rejects never. */
  async #serve(): Promise<void> {
    this.#reading = true;
    this.#enter();
    while (this.#waiting.length > 0) {
      try {
        const result = this.#take();
        if (result === undefined) await this.#advance();
        else this.#waiting.shift()?.resolve(result);
      } catch (error) {
        await this.#failed(error);
      }
    }
    this.#reading = false;
    // Nobody waits and nothing is watched: a reader that is left like this leaves nothing behind.
    if (this.#unwatch === undefined) this.#leave();
  }

  /** One step towards a next entry: a page, a watch, or a wait. */
  async #advance(): Promise<void> {
    if (this.#unwatch !== undefined && !this.#stale) {
      await this.#told();
      return;
    }
    const { follow, latest } = this.#options;
    // Before the question is put: whatever it is told of later may not be in the answer.
    this.#stale = false;
    const page = await this.#source.page(this.#log, this.#after, latest ? 0 : PAGE_LENGTH);
    if (this.#ended) return;
    if (page !== undefined) {
      this.#page = page;
      this.#at = 0;
      if (page.texts.length === PAGE_LENGTH) this.#stale = true;
    } else if (!follow) {
      this.end();
    } else if (this.#unwatch === undefined) {
      await this.#watch();
    }
  }

  async #watch(): Promise<void> {
    const unwatch = await this.#source.watch(this.#log, () => {
      this.#stale = true;
      this.#wake?.();
    });
    this.#stale = true;
    if (this.#ended) unwatch();
    else this.#unwatch = unwatch;
  }

  #take(): Result | undefined {
    const page = this.#page;
    if (page === undefined) return undefined;
    const value = entryOf(page, this.#at);
    this.#after = placeIn(page, this.#at);
    if (++this.#at === page.texts.length) this.#page = undefined;
    return { done: false, value };
  }

  async #failed(error: unknown): Promise<void> {
    if (this.#ended) return;
    if (this.#options.follow && error instanceof BackendUnavailableError) {
      this.#stale = true;
      await this.#told(RETRY_MS * (0.5 + Math.random()));
      return;
    }
    this.#waiting.shift()?.reject(error);
    this.end();
  }

  /** Waits until it is told of more, its end, or until the time is over. */
  #told(withinMs?: number): Promise<void> {
    return new Promise((resolve) => {
      const timer =
        withinMs === undefined ? undefined : this.#source.clock.setTimer(() => this.#wake?.(), withinMs);
      this.#wake = () => {
        this.#wake = undefined;
        timer?.cancel();
        resolve();
      };
    });
  }

  #enter(): void {
    if (this.#leaveSignal !== undefined) return;
    this.#source.enter(this);
    // Thousands may wait under one signal, which walks all its listeners to add one.
    this.#leaveSignal = onAbort(this.#options.signal, () => this.end());
  }

  #leave(): void {
    this.#unwatch?.();
    this.#unwatch = undefined;
    if (this.#leaveSignal === undefined) return;
    this.#leaveSignal();
    this.#leaveSignal = undefined;
    this.#source.leave(this);
  }
}
