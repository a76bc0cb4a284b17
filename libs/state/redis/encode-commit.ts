import type { PreparedCommit } from '../commit/prepare-commit.js';
import type { ClaimTokens } from './claim-tokens.js';
import { IF_ABSENT, IF_PRESENT } from './commit-script.js';
import type { Keys } from './keys.js';
import { encodeMember } from './member-text.js';

/** A commit as its script takes it. */
export interface EncodedCommit {
  keys: string[];
  args: string[];
}

export function encodeCommit(
  commit: PreparedCommit<string>,
  names: Keys,
  claims: ClaimTokens,
): EncodedCommit {
  const keys: string[] = [];
  const args: string[] = [];
  if (commit.fence === undefined) {
    args.push('');
  } else {
    keys.push(names.record(commit.fence.key));
    args.push(claims.fenceOf(commit.fence.key, commit.fence.claim));
  }
  addPuts(commit.puts, names, keys, args);
  addDeletes(commit.deletes, names, keys, args);
  addPushes(commit.push, names, keys, args);
  addMoves(commit.index, names, keys, args);
  args.push(String(commit.append.length));
  for (const { log, values } of commit.append) {
    keys.push(names.log(log));
    args.push(String(values.length));
    for (const text of values) args.push(text);
  }
  return { keys, args };
}

function addPuts(puts: PreparedCommit<string>['puts'], names: Keys, keys: string[], args: string[]): void {
  args.push(String(puts.length));
  for (const { key, fields, fieldCount, ifAbsent, ifPresent } of puts) {
    keys.push(names.record(key));
    args.push(String((ifAbsent ? IF_ABSENT : 0) + (ifPresent ? IF_PRESENT : 0)), String(fieldCount * 2));
    for (const name in fields) if (Object.hasOwn(fields, name)) args.push(name, fields[name] as string);
  }
}

function addDeletes(
  { records, logs, lists }: PreparedCommit<string>['deletes'],
  names: Keys,
  keys: string[],
  args: string[],
): void {
  args.push(String(records.length + logs.length + lists.length));
  for (const name of records) keys.push(names.record(name));
  for (const name of logs) keys.push(names.log(name));
  for (const name of lists) keys.push(names.list(name));
}

/** Values that follow each other in a list are together. */
function addPushes(push: PreparedCommit<string>['push'], names: Keys, keys: string[], args: string[]): void {
  const countAt = args.push('0') - 1;
  let groups = 0;
  for (let at = 0; at < push.length; groups++) {
    const list = push[at]?.list as string;
    keys.push(names.list(list));
    const sizeAt = args.push('0') - 1;
    const first = at;
    for (; push[at]?.list === list; at++) args.push(push[at]?.value as string);
    args[sizeAt] = String(at - first);
  }
  args[countAt] = String(groups);
}

/** Moves of one kind that follow each other in an index are together. */
function addMoves(index: PreparedCommit<string>['index'], names: Keys, keys: string[], args: string[]): void {
  const countAt = args.push('0') - 1;
  let groups = 0;
  let latest = -1;
  index.forEach(({ index: name, member, score }, at) => {
    const before = index[at - 1];
    const leaves = score === null;
    if (before?.index !== name || (before.score === null) !== leaves) {
      groups++;
      keys.push(names.index(name));
      latest = args.push('0') - 1;
    }
    if (leaves) args.push(encodeMember(member));
    else args.push(String(score), encodeMember(member));
    const count = args.length - latest - 1;
    args[latest] = String(leaves ? -count : count);
  });
  args[countAt] = String(groups);
}
