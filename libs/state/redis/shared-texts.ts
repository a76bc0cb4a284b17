import { LRUCache } from 'lru-cache';
import type { JsonValue } from '#core';

/** Shorter texts are made and read faster than they are looked up. */
const MIN_LENGTH = 128;

/** Longer ones are rare, and few of them would push out all others. */
const MAX_LENGTH = 65_536;

const MAX_TEXTS = 500;
const MAX_TOTAL_LENGTH = 4_194_304;

/**
 * Texts of snapshots that are stored again and again: the workflow of a thousand executions is one frozen object, which
 * has to become text for each of them, and is read back by whoever runs one. A snapshot cannot change, so both ways are
 * remembered; who reads one gets that very object.
 */
class SharedTexts {
  readonly #texts = new WeakMap<object, string>();
  /** Those of snapshots that were stored more than once. */
  readonly #snapshots = new LRUCache<string, object>({
    max: MAX_TEXTS,
    maxSize: MAX_TOTAL_LENGTH,
    sizeCalculation: (_snapshot, text) => text.length,
  });

  textOf(snapshot: object): string | undefined {
    const text = this.#texts.get(snapshot);
    if (text !== undefined && !this.#snapshots.has(text)) this.#snapshots.set(text, snapshot);
    return text;
  }

  note(snapshot: object, text: string): void {
    if (text.length >= MIN_LENGTH && text.length <= MAX_LENGTH) this.#texts.set(snapshot, text);
  }

  snapshotOf(text: string): JsonValue | undefined {
    if (text.length < MIN_LENGTH || text.length > MAX_LENGTH) return undefined;
    return this.#snapshots.get(text) as JsonValue | undefined;
  }
}

export const sharedTexts = new SharedTexts();
