import { parseOptions, type JsonValue, type Page } from '#core';
import { toKept } from '../commit/kept-value.js';
import { NAME_RULE, isName } from '../commit/names.js';
import { invalidCommit, prepareCommit, type PreparedCommit } from '../commit/prepare-commit.js';
import { fromCursor, toCursor } from '../paging/index-cursor.js';
import { listOptionsSchema, peekOptionsSchema } from '../paging/page-options.js';
import { StateError } from '../ports/state.errors.js';
import {
  StateStore,
  type Commit,
  type Entry,
  type IndexListOptions,
  type LogEntry,
  type LogReadOptions,
} from '../ports/state-store.js';
import { EntryQueue, toEntry } from './entry-queue.js';
import { Indexes } from './indexes.js';
import { Logs } from './logs.js';
import {
  memoryStateOptionsSchema,
  type MemoryStateOptions,
  type ResolvedMemoryStateOptions,
} from './memory-state-options.js';
import { fromPosition } from './position.js';
import { Records } from './records.js';
import { requireListRoom, requireNames, storeFull } from './room.js';

/**
 * State on the heap of this process. Every method does its work in one turn of the event loop, so nothing is ever seen
 * half done; a commit is checked to the end before its first part is applied, so nothing can fail half way.
 */
export class MemoryStateStore extends StateStore {
  readonly durable = false;
  readonly sequence = this;
  readonly #options: Readonly<ResolvedMemoryStateOptions>;
  readonly #records = new Records();
  readonly #logs: Logs;
  readonly #indexes = new Indexes();
  /** A list is there as long as something is in it. */
  readonly #lists = new Map<string, EntryQueue>();
  /** Number of the latest entry of all logs and lists; see `toPosition`. */
  #sequence = 0;
  #closed = false;

  /** @throws {ValidationError} */
  constructor(options: MemoryStateOptions = {}) {
    super();
    this.#options = parseOptions(memoryStateOptionsSchema, options, 'MemoryStateStore options');
    this.#logs = new Logs(this.#options.maxLogLength);
  }

  async commit(commit: Commit): Promise<void> {
    this.#requireOpen();
    const prepared = prepareCommit(commit, toKept);
    this.#admit(prepared);
    this.#apply(prepared);
  }

  async claim(key: string): Promise<number> {
    this.#requireOpen();
    if (!isName(key)) throw invalidCommit([{ path: 'key', message: NAME_RULE }]);
    const { maxNames } = this.#options;
    if (this.#records.keyCount >= maxNames && !this.#records.hasKey(key))
      throw storeFull('claimed keys', maxNames);
    return this.#records.claim(key);
  }

  async claimRecord(key: string): Promise<{ claim: number; fields: Record<string, JsonValue> } | undefined> {
    this.#requireOpen();
    if (!isName(key)) throw invalidCommit([{ path: 'key', message: NAME_RULE }]);
    const fields = this.#records.get(key);
    return fields && { claim: this.#records.claim(key), fields };
  }

  async get(key: string, fields?: readonly string[]): Promise<Record<string, JsonValue> | undefined> {
    this.#requireOpen();
    return this.#records.get(key, fields);
  }

  async list(
    index: string,
    options: IndexListOptions = {},
  ): Promise<Page<{ member: string; score: number }>> {
    this.#requireOpen();
    const { limit, order } = parseOptions(listOptionsSchema, options, 'list options');
    const after = options.cursor === undefined ? undefined : fromCursor(options.cursor);
    // One more than asked for tells whether there is another page.
    const items = this.#indexes.page(index, order, limit + 1, after);
    const last = items[limit - 1];
    if (items.length <= limit || last === undefined) return { items, nextCursor: null };
    items.pop();
    return { items, nextCursor: toCursor(last) };
  }

  async count(index: string): Promise<number> {
    this.#requireOpen();
    return this.#indexes.count(index);
  }

  async take(list: string): Promise<Entry | undefined> {
    this.#requireOpen();
    const values = this.#lists.get(list);
    const oldest = values?.next(0);
    if (values === undefined || oldest === undefined) return undefined;
    values.drop();
    if (values.length === 0) this.#lists.delete(list);
    return toEntry(oldest);
  }

  async peek(list: string, options: { after?: string; limit?: number } = {}): Promise<Entry[]> {
    this.#requireOpen();
    const { limit } = parseOptions(peekOptionsSchema, options, 'peek options');
    const after = fromPosition(options.after, this.#sequence);
    return this.#lists.get(list)?.after(after, limit).map(toEntry) ?? [];
  }

  read(
    log: string,
    { after, follow = true, latest = false, signal }: LogReadOptions,
  ): AsyncIterable<LogEntry> {
    this.#requireOpen();
    return this.#logs.read(log, fromPosition(after, this.#sequence), { follow, latest, signal });
  }

  async ping(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.#requireOpen();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#logs.close();
    this.#records.clear();
    this.#indexes.clear();
    this.#lists.clear();
  }

  #requireOpen(): void {
    if (this.#closed) throw new StateError('STATE_CLOSED', 'the state store was closed');
  }

  /** Every reason to refuse a commit that depends on what is in the store. */
  #admit(commit: PreparedCommit<JsonValue>): void {
    const { fence, puts, push } = commit;
    if (fence !== undefined && (fence.claim < 1 || this.#records.claimOf(fence.key) !== fence.claim)) {
      const { key, claim } = fence;
      throw new StateError('STALE_ATTEMPT', `claim ${claim} is not the latest one of its key`, {
        details: { key, claim },
      });
    }
    const written = puts.length > 1 ? new Set<string>() : undefined;
    for (const { key, ifAbsent, ifPresent } of puts) {
      const present = (ifAbsent || ifPresent) && (this.#records.has(key) || written?.has(key) === true);
      if (ifAbsent && present) {
        throw new StateError('ALREADY_EXISTS', 'a record that had to be absent is there', {
          details: { key },
        });
      }
      if (ifPresent && !present) {
        throw new StateError('NOT_FOUND', 'a record that had to be present is not', { details: { key } });
      }
      written?.add(key);
    }
    const { maxNames, maxListLength } = this.#options;
    const held = { records: this.#records, indexes: this.#indexes, logs: this.#logs, lists: this.#lists };
    requireNames(commit, held, maxNames);
    if (push.length > 0) requireListRoom(commit, this.#lists, maxListLength);
  }

  /** Throws never. */
  #apply({ puts, deletes, index, append, push }: PreparedCommit<JsonValue>): void {
    for (const { key, fields, fieldCount } of puts) this.#records.put(key, fields, fieldCount);
    for (const key of deletes.records) this.#records.delete(key);
    for (const log of deletes.logs) this.#logs.delete(log);
    for (const list of deletes.lists) this.#lists.delete(list);
    for (const { index: name, member, score } of index) {
      if (score === null) this.#indexes.delete(name, member);
      else this.#indexes.set(name, member, score);
    }
    for (const { log, values } of append) {
      this.#logs.append(log, this.#sequence + 1, values);
      this.#sequence += values.length;
    }
    for (const { list, value } of push) this.#push(list, value);
    // Last, so that a reader's answer comes from the whole commit.
    for (const { log } of append) this.#logs.wake(log);
  }

  #push(list: string, value: JsonValue): void {
    const values = this.#lists.get(list);
    if (values === undefined) this.#lists.set(list, new EntryQueue(++this.#sequence, [value]));
    else values.push(++this.#sequence, [value]);
  }
}
