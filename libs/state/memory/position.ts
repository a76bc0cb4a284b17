import { StateError } from '../ports/state.errors.js';

/** Digits of the largest safe integer, so that positions also sort as strings. */
const DIGITS = 16;
const POSITION = /^[0-9]{16}$/;

/** Entries are numbered from 1 through the whole store, so a log or list that was deleted and begun again goes on growing. */
export function toPosition(sequence: number): string {
  return String(sequence).padStart(DIGITS, '0');
}

/**
 * The number of a position; 0, before all entries, when there is none.
 * @param last the latest number given out: a greater one is of an earlier process, and would skip entries to come.
 * @throws {StateError} `INVALID_CURSOR`.
 */
export function fromPosition(position: string | undefined, last: number): number {
  if (position === undefined) return 0;
  const sequence = POSITION.test(position) ? Number(position) : NaN;
  if (!(sequence >= 1 && sequence <= last))
    throw new StateError('INVALID_CURSOR', 'not a position that this store issued');
  return sequence;
}
