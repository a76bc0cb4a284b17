import type { JsonValue } from '#core';
import { EntryQueue, type NumberedEntry } from './entry-queue.js';
import { LogReader, type LogReaderOptions, type LogSource } from './log-reader.js';

/** All logs of a store and the readers that wait at their ends. A log without entries and readers takes no memory. */
export class Logs implements LogSource {
  readonly #maxLogLength: number;
  readonly #entries = new Map<string, EntryQueue>();
  readonly #waiting = new Map<string, Set<LogReader>>();
  #closed = false;

  constructor(maxLogLength: number) {
    this.#maxLogLength = maxLogLength;
  }

  get size(): number {
    return this.#entries.size;
  }

  get closed(): boolean {
    return this.#closed;
  }

  has(log: string): boolean {
    return this.#entries.has(log);
  }

  /** Readers learn of it by `wake`. */
  append(log: string, sequence: number, value: JsonValue): void {
    const entries = this.#entries.get(log);
    if (entries === undefined) {
      this.#entries.set(log, new EntryQueue(sequence, value));
      return;
    }
    entries.push(sequence, value);
    if (entries.length > this.#maxLogLength) entries.drop();
  }

  delete(log: string): void {
    this.#entries.delete(log);
  }

  read(log: string, after: number, options: LogReaderOptions): LogReader {
    return new LogReader(this, log, after, options);
  }

  next(log: string, after: number): NumberedEntry | undefined {
    return this.#entries.get(log)?.next(after);
  }

  latest(log: string, after: number): NumberedEntry | undefined {
    return this.#entries.get(log)?.latest(after);
  }

  wait(log: string, reader: LogReader): void {
    const readers = this.#waiting.get(log);
    if (readers === undefined) this.#waiting.set(log, new Set([reader]));
    else readers.add(reader);
  }

  unwait(log: string, reader: LogReader): void {
    const readers = this.#waiting.get(log);
    if (readers?.delete(reader) && readers.size === 0) this.#waiting.delete(log);
  }

  /** Lets those who wait at the end of the log go on. */
  wake(log: string): void {
    const readers = this.#waiting.get(log);
    if (readers === undefined) return;
    this.#waiting.delete(log);
    for (const reader of readers) reader.wake();
  }

  /** Ends every reader. */
  close(): void {
    this.#closed = true;
    for (const readers of [...this.#waiting.values()]) for (const reader of [...readers]) reader.end();
    this.#entries.clear();
  }
}
