import { StateError, type StateErrorCode } from '../ports/state.errors.js';
import type { Commit, Entry, StateStore } from '../ports/state-store.js';

/** Resolves with the error, after a check of its class and code. */
export async function refused(work: Promise<unknown>, code: StateErrorCode): Promise<StateError> {
  const error = await work.then(
    () => new Error(`expected ${code}, but it was accepted`),
    (reason: unknown) => reason,
  );
  if (!(error instanceof StateError)) throw error;
  expect(error.code).toBe(code);
  return error;
}

/** The first `count` values of an iteration, which then ends. */
export async function collect(entries: AsyncIterable<Entry>, count: number): Promise<Entry[]> {
  const collected: Entry[] = [];
  for await (const entry of entries) if (collected.push(entry) === count) break;
  return collected;
}

/** What is in a log behind `after`, up to an entry appended for the purpose: to be asked once a state of the log. */
export async function logValues(store: StateStore, log: string, after?: string): Promise<unknown[]> {
  await store.commit({ append: [{ log, entry: '<end>' }] });
  const values: unknown[] = [];
  for await (const { value } of store.read(log, { after, signal: new AbortController().signal })) {
    if (value === '<end>') break;
    values.push(value);
  }
  return values;
}

/** Every member of an index by pages of `limit`. */
export async function members(
  store: StateStore,
  index: string,
  order: 'asc' | 'desc',
  limit = 50,
): Promise<string[]> {
  const found: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await store.list(index, { order, limit, cursor });
    found.push(...page.items.map(({ member }) => member));
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return found;
}

/** A commit that writes one of everything. */
export function oneOfEach(tag: string): Required<Pick<Commit, 'puts' | 'index' | 'append' | 'push'>> {
  return {
    puts: [{ key: 'record', fields: { tag } }],
    index: [{ index: 'index', member: tag, score: 1 }],
    append: [{ log: 'log', entry: tag }],
    push: [{ list: 'list', value: tag }],
  };
}

/** What of `oneOfEach` is there. */
export async function holdings(store: StateStore): Promise<unknown> {
  const [record, index, list, log] = await Promise.all([
    store.get('record'),
    members(store, 'index', 'asc'),
    store.peek('list'),
    logValues(store, 'log'),
  ]);
  return { record, index, list: list.map(({ value }) => value), log };
}
