import type { PreparedCommit as Prepared } from '../commit/prepare-commit.js';
import type { Indexes } from './indexes.js';
import { StateError } from '../ports/state.errors.js';

type PreparedCommit = Prepared<unknown>;

/** What a map or index answers about the names it holds. */
interface Names {
  readonly size: number;
  has(name: string): boolean;
}

/** The names a store holds, by kind. */
export interface Holdings {
  records: Names & {
    readonly mostFields: number;
    fieldCount(key: string): number;
    hasField(key: string, name: string): boolean;
  };
  indexes: Pick<Indexes, 'size' | 'hasIndex' | 'count' | 'has'>;
  logs: Names;
  lists: ReadonlyMap<string, { readonly length: number }>;
}

/**
 * Refuses a commit that would make more names of a kind than `maxNames`. What is there may always be written again;
 * what the same commit takes away makes no room yet.
 * @throws {StateError} `STORE_FULL`.
 */
export function requireNames(commit: PreparedCommit, held: Holdings, maxNames: number): void {
  const { puts, index, append, push } = commit;
  // Each gate counts every part as a new name under one and the same key; only what is too much then is counted exactly.
  if (held.records.size + puts.length > maxNames) {
    requireRoom(
      'records',
      held.records,
      puts.map(({ key }) => key),
      maxNames,
    );
  }
  let written = 0;
  for (const { fieldCount } of puts) written += fieldCount;
  if (held.records.mostFields + written > maxNames)
    for (const { key } of puts) requireFields(key, commit, held, maxNames);
  if (held.indexes.size + index.length > maxNames) {
    const names = { size: held.indexes.size, has: (name: string) => held.indexes.hasIndex(name) };
    requireRoom(
      'indexes',
      names,
      placed(index).map((move) => move.index),
      maxNames,
    );
  }
  for (const { index: name } of index) {
    const size = held.indexes.count(name);
    if (size + index.length <= maxNames) continue;
    const members = { size, has: (member: string) => held.indexes.has(name, member) };
    const added = placed(index).flatMap((move) => (move.index === name ? move.member : []));
    requireRoom('members of an index', members, added, maxNames);
  }
  if (held.logs.size + append.length > maxNames) {
    requireRoom(
      'logs',
      held.logs,
      append.map(({ log }) => log),
      maxNames,
    );
  }
  if (held.lists.size + push.length > maxNames) {
    requireRoom(
      'lists',
      held.lists,
      push.map(({ list }) => list),
      maxNames,
    );
  }
}

function requireFields(key: string, { puts }: PreparedCommit, { records }: Holdings, maxNames: number): void {
  const fields = {
    size: records.fieldCount(key),
    has: (name: string): boolean => records.hasField(key, name),
  };
  const added = puts.flatMap(({ key: other, fields: written }) =>
    other === key ? Object.keys(written) : [],
  );
  requireRoom('fields of a record', fields, added, maxNames);
}

function placed(index: PreparedCommit['index']): PreparedCommit['index'] {
  return index.filter(({ score }) => score !== null);
}

/** @throws {StateError} `STORE_FULL` when those of `added` that are not there yet are too many. */
function requireRoom(
  what: string,
  held: Names | undefined,
  added: readonly string[],
  maxNames: number,
): void {
  const fresh = new Set(added.filter((name) => !held?.has(name)));
  if ((held?.size ?? 0) + fresh.size > maxNames) throw storeFull(what, maxNames);
}

export function storeFull(what: string, maxNames: number): StateError {
  return new StateError('STORE_FULL', `the store holds at most ${maxNames} ${what}`, {
    details: { what, maxNames },
  });
}

/** @throws {StateError} `LIST_FULL` when the commit would make a list longer than `maxListLength`. */
export function requireListRoom(
  { push, deletes }: PreparedCommit,
  lists: Holdings['lists'],
  maxListLength: number,
): void {
  const grown = new Map<string, number>();
  for (const { list } of push) {
    const before = grown.get(list) ?? (deletes.lists.includes(list) ? 0 : (lists.get(list)?.length ?? 0));
    if (before >= maxListLength) {
      throw new StateError('LIST_FULL', `a list holds at most ${maxListLength} values`, {
        details: { list, maxListLength },
      });
    }
    grown.set(list, before + 1);
  }
}
