import type { JsonValue } from '#core';
import { EntryQueue, type NumberedEntry } from './entry-queue.js';
import { LatestMap } from './latest-map.js';
import { LogReader, type LogReaderOptions, type LogSource } from './log-reader.js';

/** A log: there as long as it has entries or readers that wait. */
interface Log {
  entries: EntryQueue | undefined;
  waiting: Set<LogReader> | undefined;
}

/** All logs of a store and the readers that wait at their ends. A log without entries and readers takes no memory. */
export class Logs implements LogSource {
  readonly #maxLogLength: number;
  readonly #logs = new LatestMap<Log>();
  /** Logs with entries. */
  #size = 0;
  #closed = false;

  constructor(maxLogLength: number) {
    this.#maxLogLength = maxLogLength;
  }

  /** How many logs have entries. */
  get size(): number {
    return this.#size;
  }

  get closed(): boolean {
    return this.#closed;
  }

  has(name: string): boolean {
    return this.#logs.get(name)?.entries !== undefined;
  }

  /** @param sequence of the first value; readers learn of them by `wake`. */
  append(name: string, sequence: number, values: readonly JsonValue[]): void {
    const log = this.#logs.get(name);
    const entries = log?.entries;
    if (entries === undefined) {
      this.#size++;
      const first = new EntryQueue(sequence, values);
      if (log === undefined) this.#logs.set(name, { entries: first, waiting: undefined });
      else log.entries = first;
    } else {
      entries.push(sequence, values);
    }
    const kept = entries ?? this.#logs.get(name)?.entries;
    while (kept !== undefined && kept.length > this.#maxLogLength) kept.drop();
  }

  delete(name: string): void {
    const log = this.#logs.get(name);
    if (log?.entries === undefined) return;
    this.#size--;
    if (log.waiting === undefined) this.#logs.delete(name);
    else log.entries = undefined;
  }

  read(name: string, after: number, options: LogReaderOptions): LogReader {
    return new LogReader(this, name, after, options);
  }

  next(name: string, after: number): NumberedEntry | undefined {
    return this.#logs.get(name)?.entries?.next(after);
  }

  latest(name: string, after: number): NumberedEntry | undefined {
    return this.#logs.get(name)?.entries?.latest(after);
  }

  wait(name: string, reader: LogReader): void {
    const log = this.#logs.get(name);
    if (log === undefined) this.#logs.set(name, { entries: undefined, waiting: new Set([reader]) });
    else (log.waiting ??= new Set()).add(reader);
  }

  unwait(name: string, reader: LogReader): void {
    const log = this.#logs.get(name);
    if (log?.waiting?.delete(reader) !== true || log.waiting.size > 0) return;
    log.waiting = undefined;
    if (log.entries === undefined) this.#logs.delete(name);
  }

  /** Lets those who wait at the end of the log go on. */
  wake(name: string): void {
    const log = this.#logs.get(name);
    const readers = log?.waiting;
    if (log === undefined || readers === undefined) return;
    log.waiting = undefined;
    for (const reader of readers) reader.wake();
  }

  /** Ends every reader. */
  close(): void {
    this.#closed = true;
    const readers = [...this.#logs.values()].flatMap(({ waiting }) => [...(waiting ?? [])]);
    for (const reader of readers) reader.end();
    this.#logs.clear();
    this.#size = 0;
  }
}
