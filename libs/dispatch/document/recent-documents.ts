import { isPlainObject, jsonSnapshot, type JsonValue } from '#core';
import type { CompiledWorkflow } from './compiled-workflow.js';

/** Documents that are remembered, and with them what they were at the time. */
const MAX_RECENT = 8;

interface Recent {
  raw: object;
  /** What it was then. */
  snapshot: JsonValue;
  compiled: CompiledWorkflow;
}

/**
 * The last documents that were submitted more than once, as the objects that they are: most callers hand in the same one
 * again and again. To see that it has not changed takes a tenth of the time that its text does, by which it is known otherwise.
 */
export class RecentDocuments {
  readonly #recent: Recent[] = [];
  #next = 0;
  /** Seen once so far: of one that comes but once, as the body of a request does, nothing is kept. */
  readonly #candidates: object[] = [];
  #nextCandidate = 0;

  find(raw: unknown): CompiledWorkflow | undefined {
    for (const { raw: known, snapshot, compiled } of this.#recent) {
      if (known === raw) return isSame(raw, snapshot) ? compiled : undefined;
    }
    return undefined;
  }

  /** @param raw JSON, of which `compiled` was made before. */
  note(raw: unknown, compiled: CompiledWorkflow): void {
    if (typeof raw !== 'object' || raw === null) return;
    if (this.#candidates.includes(raw)) {
      this.#add(raw, compiled);
      return;
    }
    this.#candidates[this.#nextCandidate] = raw;
    this.#nextCandidate = (this.#nextCandidate + 1) % MAX_RECENT;
  }

  #add(raw: object, compiled: CompiledWorkflow): void {
    const snapshot = jsonSnapshot(raw);
    if (snapshot === undefined) return;
    const place = this.#recent.findIndex((recent) => recent.raw === raw);
    this.#recent[place >= 0 ? place : this.#next] = { raw, snapshot, compiled };
    if (place < 0) this.#next = (this.#next + 1) % MAX_RECENT;
  }
}

/** Whether the text of both is the same, but for the order of keys. */
function isSame(value: unknown, snapshot: JsonValue): boolean {
  if (typeof snapshot !== 'object' || snapshot === null) return value === snapshot;
  if (Array.isArray(snapshot)) return Array.isArray(value) && isSameArray(value, snapshot);
  if (!isPlainObject(value)) return false;
  let count = 0;
  for (const key in value) {
    if (!Object.hasOwn(value, key)) continue;
    count++;
    if (!Object.hasOwn(snapshot, key) || !isSame(value[key], snapshot[key] as JsonValue)) return false;
  }
  for (const key in snapshot) if (Object.hasOwn(snapshot, key)) count--;
  return count === 0;
}

function isSameArray(items: readonly unknown[], snapshot: readonly JsonValue[]): boolean {
  if (items.length !== snapshot.length) return false;
  for (let at = 0; at < items.length; at++) if (!isSame(items[at], snapshot[at] as JsonValue)) return false;
  return true;
}
