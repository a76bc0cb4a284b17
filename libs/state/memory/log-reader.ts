import { onAbort } from '#core';
import type { LogEntry, LogReadOptions } from '../ports/state-store.js';
import { MemoryLogEntry, type NumberedEntry } from './entry-queue.js';

/** What a reader needs of its store. */
export interface LogSource {
  readonly closed: boolean;
  /** The oldest entry of the log behind a number. */
  next(log: string, after: number): NumberedEntry | undefined;
  /** The latest one, if it is behind a number. */
  latest(log: string, after: number): NumberedEntry | undefined;
  /** Has `reader.wake()` called once, when the log gets entries, and `reader.end()` when the store closes. */
  wait(log: string, reader: LogReader): void;
  unwait(log: string, reader: LogReader): void;
}

export type LogReaderOptions = Required<Omit<LogReadOptions, 'after'>>;

type Result = IteratorResult<LogEntry, undefined>;
const DONE: Result = Object.freeze({ done: true, value: undefined });

/**
 * One iteration over a log. It is known to the store and to its signal only while a `next()` waits: a reader that is
 * abandoned between two entries leaves nothing behind, and `return()` ends a wait at once, which the `return` of an
 * async generator would not.
 */
export class LogReader implements AsyncIterableIterator<LogEntry, undefined> {
  readonly #source: LogSource;
  readonly #log: string;
  readonly #signal: AbortSignal;
  readonly #follow: boolean;
  readonly #latest: boolean;
  #after: number;
  #ended = false;
  #waiting: ((result: Result) => void)[] = [];
  #leaveSignal: (() => void) | undefined;

  constructor(source: LogSource, log: string, after: number, { signal, follow, latest }: LogReaderOptions) {
    this.#source = source;
    this.#log = log;
    this.#after = after;
    this.#signal = signal;
    this.#follow = follow;
    this.#latest = latest;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<Result> {
    if (this.#ended || this.#source.closed || this.#signal.aborted) {
      this.end();
      return Promise.resolve(DONE);
    }
    const result = this.#waiting.length === 0 ? this.#read() : undefined;
    if (result !== undefined) return Promise.resolve(result);
    if (!this.#follow) return this.return();
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      if (this.#waiting.length > 1) return;
      this.#source.wait(this.#log, this);
      // Thousands may wait under one signal, which walks all its listeners to add one.
      this.#leaveSignal = onAbort(this.#signal, () => this.end());
    });
  }

  return(): Promise<Result> {
    this.end();
    return Promise.resolve(DONE);
  }

  /** Answers the calls that wait, as far as there are entries. */
  wake(): void {
    for (let answer = this.#waiting[0]; answer !== undefined; answer = this.#waiting[0]) {
      const result = this.#read();
      if (result === undefined) {
        this.#source.wait(this.#log, this);
        return;
      }
      this.#waiting.shift();
      answer(result);
    }
    this.#leaveSignal?.();
  }

  /** Ends the iteration and every call that waits. Idempotent. */
  end(): void {
    this.#ended = true;
    if (this.#waiting.length === 0) return;
    this.#source.unwait(this.#log, this);
    this.#leaveSignal?.();
    for (const answer of this.#waiting.splice(0)) answer(DONE);
  }

  #read(): Result | undefined {
    const found = this.#latest
      ? this.#source.latest(this.#log, this.#after)
      : this.#source.next(this.#log, this.#after);
    if (found === undefined) return undefined;
    this.#after = found.sequence;
    return { done: false, value: new MemoryLogEntry(found) };
  }
}
