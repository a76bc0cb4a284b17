import { parseJsonText } from '../commit/json-text.js';
import type { Entry, LogEntry } from '../ports/state-store.js';
import { toPosition } from './position.js';

/** Dropped places at the front stay until they are this many and half of all: so a drop moves one entry on average. */
const COMPACT_AT = 32;

/** An entry as it is kept: its number in the store and its value as JSON text. */
export interface StoredEntry {
  sequence: number;
  text: string;
  /** 1 for the first that was ever pushed to its queue, and so on. */
  number: number;
}

export function toEntry({ sequence, text }: StoredEntry): Entry {
  return { position: toPosition(sequence), value: parseJsonText(text) };
}

export function toLogEntry({ sequence, text, number }: StoredEntry): LogEntry {
  return { position: toPosition(sequence), number, value: parseJsonText(text) };
}

/** The entries of one log or list, oldest first: in at the end, out at the front, read from any position on. */
export class EntryQueue {
  readonly #sequences: number[] = [];
  readonly #texts: string[] = [];
  #head = 0;
  #dropped = 0;

  get length(): number {
    return this.#texts.length - this.#head;
  }

  /** `sequence` must be greater than every earlier one. */
  push(sequence: number, text: string): void {
    this.#sequences.push(sequence);
    this.#texts.push(text);
  }

  /** Drops the oldest entry. */
  drop(): void {
    if (this.length === 0) return;
    this.#texts[this.#head++] = '';
    this.#dropped++;
    if (this.#head < COMPACT_AT || this.#head * 2 < this.#texts.length) return;
    this.#sequences.splice(0, this.#head);
    this.#texts.splice(0, this.#head);
    this.#head = 0;
  }

  /** Up to `limit` of the oldest entries behind a number. */
  after(sequence: number, limit: number): StoredEntry[] {
    const entries: StoredEntry[] = [];
    for (let at = this.#placeAfter(sequence); entries.length < limit; at++) {
      const found = this.#sequences[at];
      const text = this.#texts[at];
      if (found === undefined || text === undefined) break;
      entries.push({ sequence: found, text, number: this.#dropped + at - this.#head + 1 });
    }
    return entries;
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
