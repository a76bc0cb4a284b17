import { formatPath, jsonProblems, type JsonValue, type Problem } from '#core';
import { StateError } from '../ports/state.errors.js';
import type { Commit } from '../ports/state-store.js';
import { setOwn } from './kept-value.js';
import { NAME_RULE, isName } from './names.js';

/** One item of a part of a commit. */
type Part<K extends 'puts' | 'index' | 'append'> = NonNullable<Commit[K]>[number];

interface PreparedPut<V> {
  key: string;
  ifAbsent: boolean;
  ifPresent: boolean;
  fields: Record<string, V>;
  fieldCount: number;
}

interface PreparedAppend<V> {
  log: string;
  values: V[];
}

/** A value as a driver stores it; undefined when it is not JSON, and `jsonProblems` says why. */
type ToStored<V> = (value: unknown) => V | undefined;

/** A commit whose every name and value was found good; the values are as the driver stores them, and its own. */
export interface PreparedCommit<V> {
  fence: { key: string; claim: number } | undefined;
  puts: readonly PreparedPut<V>[];
  deletes: { records: readonly string[]; logs: readonly string[]; lists: readonly string[] };
  index: readonly Part<'index'>[];
  /** Entries that follow each other in a log are together. */
  append: readonly PreparedAppend<V>[];
  push: readonly { list: string; value: V }[];
}

const NONE: readonly never[] = [];
const NO_DELETES: PreparedCommit<unknown>['deletes'] = { records: NONE, logs: NONE, lists: NONE };

/**
 * What every driver does first: all that can be wrong with a commit in itself is found before anything is written.
 * @throws {StateError} `INVALID_COMMIT`; `details.problems` lists what and where.
 */
export function prepareCommit<V>(commit: Commit, toStored: ToStored<V>): PreparedCommit<V> {
  const problems: Problem[] = [];
  const { fence, puts = NONE, deletes, index = NONE, append = NONE, push = NONE } = commit;
  if (fence !== undefined) {
    if (!isName(fence.key)) problems.push(badName('fence', 'key'));
    if (!Number.isSafeInteger(fence.claim))
      problems.push({ path: 'fence.claim', message: 'a claim is an integer' });
  }
  const prepared: PreparedCommit<V> = {
    fence,
    puts: puts.map((put, at) => preparePut(put, at, toStored, problems)),
    deletes: deletes === undefined ? NO_DELETES : prepareDeletes(deletes, problems),
    index: prepareIndex(index, problems),
    append: prepareAppends(append, toStored, problems),
    push: push.map(({ list, value }, at) => {
      if (!isName(list)) problems.push(badName('push', at, 'list'));
      const stored = toStored(value);
      if (stored === undefined) problems.push(...jsonProblems(value, ['push', at, 'value']));
      return { list, value: stored as V };
    }),
  };
  if (problems.length > 0) throw invalidCommit(problems);
  return prepared;
}

export function invalidCommit(problems: readonly Problem[]): StateError {
  const lines = problems.map(({ path, message }) => `${path}: ${message}`);
  return new StateError('INVALID_COMMIT', `commit refused: ${lines.join('; ')}`, { details: { problems } });
}

function preparePut<V>(
  { key, fields, ifAbsent = false, ifPresent = false }: Part<'puts'>,
  at: number,
  toStored: ToStored<V>,
  problems: Problem[],
): PreparedPut<V> {
  if (!isName(key)) problems.push(badName('puts', at, 'key'));
  // Copied at once by the engine; a field at a time would take several times as long.
  const own: Record<string, JsonValue | V> = { ...fields };
  let fieldCount = 0;
  for (const name in own) {
    if (!Object.hasOwn(own, name)) continue;
    fieldCount++;
    if (!isName(name)) problems.push(badName('puts', at, 'fields', name));
    const value = own[name];
    const stored = toStored(value);
    if (stored === undefined) problems.push(...jsonProblems(value, ['puts', at, 'fields', name]));
    else if (!Object.is(stored, value)) setOwn(own, name, stored);
  }
  return { key, ifAbsent, ifPresent, fields: own as Record<string, V>, fieldCount };
}

function prepareAppends<V>(
  append: NonNullable<Commit['append']>,
  toStored: ToStored<V>,
  problems: Problem[],
): readonly PreparedAppend<V>[] {
  const [first] = append;
  if (first === undefined) return NONE;
  // Nearly always they are all for one log.
  let latest: PreparedAppend<V> = { log: first.log, values: [] };
  const prepared = [latest];
  for (let at = 0; at < append.length; at++) {
    const { log, entry } = append[at] as Part<'append'>;
    if (!isName(log)) problems.push(badName('append', at, 'log'));
    const stored = toStored(entry);
    if (stored === undefined) problems.push(...jsonProblems(entry, ['append', at, 'entry']));
    if (log !== latest.log) prepared.push((latest = { log, values: [] }));
    latest.values.push(stored as V);
  }
  return prepared;
}

function prepareDeletes(
  deletes: NonNullable<Commit['deletes']>,
  problems: Problem[],
): PreparedCommit<unknown>['deletes'] {
  const { records = NONE, logs = NONE, lists = NONE } = deletes;
  for (const [part, names] of Object.entries({ records, logs, lists })) {
    names.forEach((name, at) => {
      if (!isName(name)) problems.push(badName('deletes', part, at));
    });
  }
  return { records, logs, lists };
}

function prepareIndex(
  index: NonNullable<Commit['index']>,
  problems: Problem[],
): PreparedCommit<unknown>['index'] {
  let hasNegativeZero = false;
  for (let at = 0; at < index.length; at++) {
    const move = index[at];
    if (!isName(move?.index)) problems.push(badName('index', at, 'index'));
    if (!isName(move?.member)) problems.push(badName('index', at, 'member'));
    if (move?.score !== null && !Number.isFinite(move?.score)) {
      problems.push({
        path: formatPath(['index', at, 'score']),
        message: 'a score is a finite number, or null',
      });
    }
    if (Object.is(move?.score, -0)) hasNegativeZero = true;
  }
  // -0 and 0 are one score: they tie, and must not come back as two numbers.
  return hasNegativeZero ? index.map((move) => (move.score === 0 ? { ...move, score: 0 } : move)) : index;
}

function badName(...path: PropertyKey[]): Problem {
  return { path: formatPath(path), message: NAME_RULE };
}
