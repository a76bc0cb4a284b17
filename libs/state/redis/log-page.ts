import type { LogEntry } from '../ports/state-store.js';
import { toPosition, type Place } from './position.js';
import { fromText } from './value-text.js';

/** Texts of a log or list that follow each other; the first stands at `first`. */
export interface QueuePage {
  texts: readonly string[];
  first: Place;
}

/** A page from the answer of `READ_PAGE`; undefined when there was nothing. */
export function toPage(answer: unknown): QueuePage | undefined {
  if (answer === null) return undefined;
  const texts = answer as string[];
  const number = Number(texts.pop());
  const epoch = texts.pop() as string;
  return { texts, first: { epoch, number } };
}

export function placeIn({ first }: QueuePage, at: number): Place {
  return { epoch: first.epoch, number: first.number + at };
}

/** The entry at a place of a page, which is there. Each caller gets a value of its own. */
export function entryOf(page: QueuePage, at: number): LogEntry {
  const place = placeIn(page, at);
  return { position: toPosition(place), number: place.number, value: fromText(page.texts[at] as string) };
}
