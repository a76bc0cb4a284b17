import { StateError } from '../ports/state.errors.js';

const POSITION = /^([1-9][0-9]{0,15})-([1-9][0-9]{0,15})$/;

/** Where an entry stands: the epoch of its log or list, and its number in that. */
export interface Place {
  epoch: string;
  number: number;
}

/** Before every entry. */
const START: Place = Object.freeze({ epoch: '0', number: 0 });

export function toPosition({ epoch, number }: Place): string {
  return `${epoch}-${number}`;
}

/** @throws {StateError} `INVALID_CURSOR`. */
export function fromPosition(position: string | undefined): Place {
  if (position === undefined) return START;
  const [, epoch, number] = POSITION.exec(position) ?? [];
  if (epoch === undefined || number === undefined)
    throw new StateError('INVALID_CURSOR', 'not a position that this store issued');
  return { epoch, number: Number(number) };
}
