import type { JsonValue, Page } from '#core';

/** Names of records, fields, indexes, index members, logs and lists: strings of 1..1024 characters without NUL. */
export const MAX_KEY_LENGTH = 1_024;

/** What one commit writes: all of it or nothing. The parts are applied in the order in which they stand here. */
export interface Commit {
  /** The commit is refused with `STALE_ATTEMPT` unless `claim` is the latest claim of `key`. */
  fence?: { key: string; claim: number };
  /**
   * Fields to set; other fields of the record stay. The whole commit is refused with `ALREADY_EXISTS` if a record that
   * must be absent is there, with `NOT_FOUND` if one that must be present is not; a put sees those before it in the same commit.
   */
  puts?: readonly {
    key: string;
    fields: Readonly<Record<string, JsonValue>>;
    ifAbsent?: boolean;
    ifPresent?: boolean;
  }[];
  /** What to forget: records (with their claim), logs, lists. Unknown names are no error. */
  deletes?: { records?: readonly string[]; logs?: readonly string[]; lists?: readonly string[] };
  /** Places `member` at `score`, moves it there, or takes it out with `score: null`. */
  index?: readonly { index: string; member: string; score: number | null }[];
  append?: readonly { log: string; entry: JsonValue }[];
  push?: readonly { list: string; value: JsonValue }[];
}

/** An entry of a log or list. Positions grow; they are opaque strings, good for this log or list only. */
export interface Entry {
  position: string;
  value: JsonValue;
}

/** An entry of a log. */
export interface LogEntry extends Entry {
  /**
   * 1 for the first entry of the log, and one more for each that was appended, kept or not: what is missing before an
   * entry is counted by it. A log that was deleted begins again at 1.
   */
  number: number;
}

export interface IndexListOptions {
  cursor?: string;
  /** 1..500, default 50. */
  limit?: number;
  /** By score, ties by member in code-unit order. Default `desc`: the highest score first. */
  order?: 'asc' | 'desc';
}

/** What `StateStore.read` is asked for. */
export interface LogReadOptions {
  /** The position to begin behind. Default: the beginning of the log. */
  after?: string;
  /** Whether to wait for entries to come. Default true. */
  follow?: boolean;
  /** Whether to pass over all entries but the last one there is. Default false. */
  latest?: boolean;
  signal: AbortSignal;
}

/**
 * Where state lives: records of fields, sorted indexes over their keys, append-only logs, and lists.
 *
 * Values are JSON. What is read is a copy, but for parts that were frozen all the way down when they were written: these a store
 * may keep and give out as they are. A name that was never written reads as empty. Once `commit` resolved, every
 * later call, on any instance, sees all of it; a commit in flight is seen whole or not at all.
 */
export abstract class StateStore {
  /** Whether what was committed outlives this process. */
  abstract readonly durable: boolean;

  /** Calls on a store and a `QueueDriver` of the same sequence are carried out in the order in which they are made. */
  abstract readonly sequence: object;

  /** @throws {StateError} `STALE_ATTEMPT`, `ALREADY_EXISTS`, `NOT_FOUND`, `INVALID_COMMIT`, `LIST_FULL`, `STORE_FULL`, `STATE_CLOSED`. */
  abstract commit(commit: Commit): Promise<void>;

  /**
   * Takes the right to write under a fence of `key`: returns a number greater than every earlier one (1 first), and
   * makes those stale. The key's record need not exist; deleting the record forgets its claims.
   * @throws {StateError} `INVALID_COMMIT` for an illegal name, `STORE_FULL`, `STATE_CLOSED`.
   */
  abstract claim(key: string): Promise<number>;

  /**
   * Claims a record that is there, and reads it, at once: nobody wrote it in between. Undefined, and nothing claimed,
   * when there is no such record.
   * @throws as `claim`.
   */
  abstract claimRecord(
    key: string,
  ): Promise<{ claim: number; fields: Record<string, JsonValue> } | undefined>;

  /** The record's fields, or only the named ones that it has; undefined when there is no such record. No order. */
  abstract get(key: string, fields?: readonly string[]): Promise<Record<string, JsonValue> | undefined>;

  /** A page of an index's members; one that moves between two pages may be missed or seen twice. @throws `INVALID_CURSOR`. */
  abstract list(index: string, options?: IndexListOptions): Promise<Page<{ member: string; score: number }>>;

  /** How many members an index has. */
  abstract count(index: string): Promise<number>;

  /** Removes and returns the oldest value of a list. */
  abstract take(list: string): Promise<Entry | undefined>;

  /** The oldest values of a list, after `after` if given, which stay. Limit 1..500, default 50. */
  abstract peek(list: string, options?: { after?: string; limit?: number }): Promise<Entry[]>;

  /**
   * The entries of a log in order, those there are and then those to come, from any instance, without polling, until
   * the signal aborts (the iteration then ends without an error) or the caller stops. `after` resumes exactly behind a
   * position. A log keeps its latest `maxLogLength` entries; a reader that fell behind, or resumes
   * behind one that was dropped, goes on with the oldest kept, and sees by `number` what it missed.
   * A reader of a log that is deleted waits on. With `follow: false` the iteration ends with the last entry there is.
   * With `latest: true` it yields the last entry there is, and whenever it asks again the last one by then, if that is
   * another: those in between are passed over.
   * @throws `INVALID_CURSOR` for a position of no log.
   */
  abstract read(log: string, options: LogReadOptions): AsyncIterable<LogEntry>;

  /** Resolves when the backend answers. @throws the signal's reason; `STATE_CLOSED`. */
  abstract ping(signal: AbortSignal): Promise<void>;

  /** Ends every reader and frees every timer and connection. Idempotent. */
  abstract close(): Promise<void>;
}
