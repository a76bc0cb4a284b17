import type { JsonValue } from '#core';
import { fromKept } from '../commit/kept-value.js';
import type { Entry, LogEntry } from '../ports/state-store.js';
import { toPosition } from './position.js';

/** Dropped places at the front stay until they are this many and half of all: so a drop moves one entry on average. */
const COMPACT_AT = 32;

/** Up to so many entries take exactly the room they need: an array that is pushed to has room for 17 at once. */
const MAX_EXACT = 16;

/** An entry as it is kept. */
export interface StoredEntry {
  /** Its number in the store. */
  sequence: number;
  value: JsonValue;
}

export interface NumberedEntry extends StoredEntry {
  /** 1 for the first that was ever pushed to its queue, and so on. */
  number: number;
}

export function toEntry({ sequence, value }: StoredEntry): Entry {
  return { position: toPosition(sequence), value: fromKept(value) };
}

/** An entry for a reader. Most readers look at the value alone. */
export class MemoryLogEntry implements LogEntry {
  readonly number: number;
  readonly value: JsonValue;
  readonly #sequence: number;

  constructor({ sequence, value, number }: NumberedEntry) {
    this.#sequence = sequence;
    this.number = number;
    this.value = fromKept(value);
  }

  get position(): string {
    return toPosition(this.#sequence);
  }
}

/** The entries of one log or list, oldest first: in at the end, out at the front, read from any position on. */
export class EntryQueue {
  /** Parallel: an object an entry would take as much as many a value. A dropped value is null. */
  #sequences: number[];
  #values: JsonValue[];
  #head = 0;
  #dropped = 0;

  /** As {@link push} of an empty one. */
  constructor(sequence: number, values: readonly JsonValue[]) {
    this.#values = values.slice();
    this.#sequences = values.map((_, at) => sequence + at);
  }

  get length(): number {
    return this.#values.length - this.#head;
  }

  /** @param sequence of the first; those behind it follow. Must be greater than every earlier one. */
  push(sequence: number, values: readonly JsonValue[]): void {
    if (this.#values.length + values.length <= MAX_EXACT) {
      this.#values = this.#values.concat(values);
      this.#sequences = this.#sequences.concat(values.map((_, at) => sequence + at));
      return;
    }
    for (let at = 0; at < values.length; at++) {
      this.#sequences.push(sequence + at);
      this.#values.push(values[at] as JsonValue);
    }
  }

  /** Drops the oldest entry. */
  drop(): void {
    if (this.length === 0) return;
    this.#values[this.#head++] = null;
    this.#dropped++;
    if (this.#head < COMPACT_AT || this.#head * 2 < this.#values.length) return;
    this.#sequences.splice(0, this.#head);
    this.#values.splice(0, this.#head);
    this.#head = 0;
  }

  /** The oldest entry behind a number. */
  next(sequence: number): NumberedEntry | undefined {
    return this.#numbered(this.#placeAfter(sequence));
  }

  /** The latest entry, if it is behind a number. */
  latest(sequence: number): NumberedEntry | undefined {
    const last = this.#numbered(this.#values.length - 1);
    return last !== undefined && last.sequence > sequence ? last : undefined;
  }

  /** Up to `limit` of the oldest entries behind a number. */
  after(sequence: number, limit: number): NumberedEntry[] {
    const entries: NumberedEntry[] = [];
    for (let at = this.#placeAfter(sequence); entries.length < limit; at++) {
      const entry = this.#numbered(at);
      if (entry === undefined) break;
      entries.push(entry);
    }
    return entries;
  }

  #numbered(at: number): NumberedEntry | undefined {
    const sequence = this.#sequences[at];
    const value = this.#values[at];
    if (sequence === undefined || value === undefined) return undefined;
    return { sequence, value, number: this.#dropped + at - this.#head + 1 };
  }

  #placeAfter(sequence: number): number {
    let low = this.#head;
    let high = this.#sequences.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#sequences[middle] ?? Infinity) > sequence) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
