import type { PreparedCommit } from '../commit/prepare-commit.js';
import { StateError } from '../ports/state.errors.js';
import { REFUSED } from './commit-script.js';

/** The error of what the script of a commit answered; undefined when it wrote all. */
export function refusalOf(
  answer: unknown,
  commit: PreparedCommit<string>,
  maxListLength: number,
): StateError | undefined {
  if (answer === null) return undefined;
  const [why, place] = answer as [string, number];
  if (why === REFUSED.stale) {
    const { key, claim } = commit.fence ?? {};
    return new StateError('STALE_ATTEMPT', `claim ${claim} is not the latest one of its key`, {
      details: { key, claim },
    });
  }
  if (why === REFUSED.full) {
    const list = listOf(commit.push, place);
    return new StateError('LIST_FULL', `a list holds at most ${maxListLength} values`, {
      details: { list, maxListLength },
    });
  }
  const key = commit.puts[place - 1]?.key;
  return why === REFUSED.exists
    ? new StateError('ALREADY_EXISTS', 'a record that had to be absent is there', { details: { key } })
    : new StateError('NOT_FOUND', 'a record that had to be present is not', { details: { key } });
}

/** The list of a group of pushes, counted from 1; see `encodeCommit`. */
function listOf(push: PreparedCommit<string>['push'], place: number): string | undefined {
  let groups = 0;
  return push.find(({ list }, at) => list !== push[at - 1]?.list && ++groups === place)?.list;
}
