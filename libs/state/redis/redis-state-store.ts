import type { Redis } from 'ioredis';
import { parseOptions, untilAborted, type Clock, type JsonValue, type Page } from '#core';
import { toBackendError } from '#redis';
import type { RedisConnection } from '#redis/plain';
import { NAME_RULE, isName } from '../commit/names.js';
import { invalidCommit, prepareCommit } from '../commit/prepare-commit.js';
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
import { ClaimTokens } from './claim-tokens.js';
import { commitScript } from './commit-script.js';
import { encodeCommit } from './encode-commit.js';
import { LIST_PAGE } from './index-scripts.js';
import { Keys } from './keys.js';
import { entryOf, toPage, type QueuePage } from './log-page.js';
import { Logs } from './logs.js';
import { decodeMember, encodeMember } from './member-text.js';
import { fromPosition, toPosition, type Place } from './position.js';
import { READ_PAGE, TAKE } from './queue-scripts.js';
import { fieldsOfHash, fieldsOfPairs, fieldsOfTexts } from './record-fields.js';
import { CLAIM, CLAIM_RECORD, GET_FIELDS, MAX_FIELDS_ASKED } from './record-scripts.js';
import type { ResolvedRedisStateOptions } from './redis-state-options.js';
import { refusalOf } from './refusal.js';
import type { Script } from './script.js';
import { fromText, toText } from './value-text.js';

/**
 * State on a Redis server, which many instances share. Every call is one round trip; what must not be seen half done is a
 * script, which the server runs without anything in between. `openRedisStateStore` makes one.
 *
 * Beside the errors of the port every call may fail with `BACKEND_UNAVAILABLE`, after `commandTimeoutMs` at the latest:
 * a commit or claim that failed so may have happened.
 */
export class RedisStateStore extends StateStore {
  readonly durable = true;
  readonly sequence: object;
  readonly #client: Redis;
  readonly #leave: () => Promise<void>;
  readonly #options: ResolvedRedisStateOptions;
  readonly #keys: Keys;
  readonly #commit: Script;
  readonly #claims = new ClaimTokens();
  readonly #logs: Logs;
  #closed = false;

  /**
   * @param connection used until the store closes.
   * @param onError told whenever it, or that of the readers, fails.
   */
  constructor(
    connection: RedisConnection,
    options: ResolvedRedisStateOptions,
    clock: Clock,
    onError: (error: Error) => void,
  ) {
    super();
    this.#client = connection.client;
    this.sequence = connection.client;
    this.#leave = connection.use(onError);
    this.#options = options;
    this.#keys = new Keys(options.redis);
    this.#commit = commitScript(options);
    this.#client.on('ready', this.#loadCommit);
    this.#loadCommit();
    this.#logs = new Logs({
      clock,
      redis: options.redis,
      channelOf: (log) => this.#keys.log(log),
      readPage: async (log, after, limit) =>
        isName(log) ? this.#readPage(this.#keys.log(log), after, limit) : undefined,
      onError,
    });
  }

  async commit(commit: Commit): Promise<void> {
    this.#requireOpen();
    const prepared = prepareCommit(commit, toText);
    const { keys, args } = encodeCommit(prepared, this.#keys, this.#claims);
    const answer = await this.#run(this.#commit, keys, args);
    const refusal = refusalOf(answer, prepared, this.#options.maxListLength);
    if (refusal !== undefined) throw refusal;
  }

  async claim(key: string): Promise<number> {
    this.#requireOpen();
    requireName(key);
    const token = this.#claims.make();
    const claim = (await this.#run(CLAIM, [this.#keys.record(key)], [token])) as number;
    this.#claims.note(key, claim, token);
    return claim;
  }

  async claimRecord(key: string): Promise<{ claim: number; fields: Record<string, JsonValue> } | undefined> {
    this.#requireOpen();
    requireName(key);
    const token = this.#claims.make();
    const answer = await this.#run(CLAIM_RECORD, [this.#keys.record(key)], [token]);
    if (answer === null) return undefined;
    const pairs = answer as string[];
    const claim = Number(pairs.pop());
    this.#claims.note(key, claim, token);
    return { claim, fields: fieldsOfPairs(pairs) };
  }

  async get(key: string, only?: readonly string[]): Promise<Record<string, JsonValue> | undefined> {
    this.#requireOpen();
    if (!isName(key)) return undefined;
    const record = this.#keys.record(key);
    if (only === undefined) return fieldsOfHash(await this.#answer(this.#client.hgetall(record)));
    const names = only.filter(isName);
    if (names.length > MAX_FIELDS_ASKED) return pick(await this.get(key), names);
    const texts = await this.#run(GET_FIELDS, [record], names);
    return texts === null ? undefined : fieldsOfTexts(names, texts as (string | null)[]);
  }

  async list(
    index: string,
    options: IndexListOptions = {},
  ): Promise<Page<{ member: string; score: number }>> {
    this.#requireOpen();
    const { limit, order } = parseOptions(listOptionsSchema, options, 'list options');
    const after = options.cursor === undefined ? undefined : fromCursor(options.cursor);
    if (!isName(index)) return { items: [], nextCursor: null };
    const begin = after === undefined ? [] : [String(after.score), encodeMember(after.member)];
    // One more than asked for tells whether there is another page.
    const args = [order, String(limit + 1), ...begin];
    const pairs = (await this.#run(LIST_PAGE, [this.#keys.index(index)], args)) as string[];
    const items: { member: string; score: number }[] = [];
    for (let at = 0; at + 1 < pairs.length && items.length < limit; at += 2)
      items.push({ member: decodeMember(pairs[at] as string), score: Number(pairs[at + 1]) });
    const last = items.at(-1);
    const isLast = last === undefined || pairs.length <= limit * 2;
    return { items, nextCursor: isLast ? null : toCursor(last) };
  }

  async count(index: string): Promise<number> {
    this.#requireOpen();
    return isName(index) ? this.#answer(this.#client.zcard(this.#keys.index(index))) : 0;
  }

  async take(list: string): Promise<Entry | undefined> {
    this.#requireOpen();
    if (!isName(list)) return undefined;
    const answer = await this.#run(TAKE, [this.#keys.list(list)]);
    if (answer === null) return undefined;
    const [text, epoch, number] = answer as [string, string, string];
    return { position: toPosition({ epoch, number: Number(number) }), value: fromText(text) };
  }

  async peek(list: string, options: { after?: string; limit?: number } = {}): Promise<Entry[]> {
    this.#requireOpen();
    const { limit } = parseOptions(peekOptionsSchema, options, 'peek options');
    const after = fromPosition(options.after);
    if (!isName(list)) return [];
    const page = await this.#readPage(this.#keys.list(list), after, limit);
    if (page === undefined) return [];
    return page.texts.map((_, at) => {
      const { position, value } = entryOf(page, at);
      return { position, value };
    });
  }

  read(
    log: string,
    { after, follow = true, latest = false, signal }: LogReadOptions,
  ): AsyncIterable<LogEntry> {
    this.#requireOpen();
    return this.#logs.read(log, fromPosition(after), { follow, latest, signal });
  }

  async ping(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.#requireOpen();
    await untilAborted(this.#answer(this.#client.ping()), signal);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#logs.close();
    this.#client.off('ready', this.#loadCommit);
    await this.#leave();
  }

  /**
   * Before anything else is sent to a server that may not know it: a commit that had to be sent once more would come after
   * what follows it.
   */
  readonly #loadCommit = (): void => this.#commit.load(this.#client);

  async #readPage(key: string, after: Place, limit: number): Promise<QueuePage | undefined> {
    return toPage(await this.#run(READ_PAGE, [key], [after.epoch, String(after.number), String(limit)]));
  }

  #run(script: Script, keys: readonly string[], args: readonly string[] = []): Promise<unknown> {
    return this.#answer(script.run(this.#client, keys, args));
  }

  async #answer<T>(answer: Promise<T>): Promise<T> {
    try {
      return await answer;
    } catch (error) {
      throw toBackendError(error, this.#options.redis);
    }
  }

  #requireOpen(): void {
    if (this.#closed) throw new StateError('STATE_CLOSED', 'the state store was closed');
  }
}

/** @throws {StateError} `INVALID_COMMIT`. */
function requireName(key: string): void {
  if (!isName(key)) throw invalidCommit([{ path: 'key', message: NAME_RULE }]);
}

function pick(
  fields: Record<string, JsonValue> | undefined,
  names: readonly string[],
): Record<string, JsonValue> | undefined {
  if (fields === undefined) return undefined;
  const wanted = new Set(names);
  return Object.fromEntries(Object.entries(fields).filter(([name]) => wanted.has(name)));
}
