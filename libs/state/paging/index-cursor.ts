import { isName } from '../commit/names.js';
import { StateError } from '../ports/state.errors.js';

/** Where a member stands in an index: by score, ties by member in code-unit order. */
export interface Rank {
  member: string;
  score: number;
}

/** A cursor is the rank of the last member shown: it stays good when that member moves or goes. */
export function toCursor({ member, score }: Rank): string {
  return Buffer.from(`${score}:${member}`, 'utf8').toString('base64url');
}

/** @throws {StateError} `INVALID_CURSOR` for anything that `toCursor` cannot have made. */
export function fromCursor(cursor: string): Rank {
  if (typeof cursor === 'string') {
    const text = Buffer.from(cursor, 'base64url').toString('utf8');
    const colon = text.indexOf(':');
    const rank = { score: Number(text.slice(0, colon)), member: text.slice(colon + 1) };
    // Decoders are lenient; only the very text that we would issue is ours.
    if (Number.isFinite(rank.score) && isName(rank.member) && toCursor(rank) === cursor) return rank;
  }
  throw new StateError('INVALID_CURSOR', 'not a cursor that this store issued');
}
