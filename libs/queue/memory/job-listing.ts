import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { Page } from '#core';
import type { JobRecord, JobState } from '../ports/job.js';
import { CursorCodec } from '../jobs/cursor.js';
import { toJobRecord, type JobEntry } from './job-entry.js';
import type { JobTable } from './job-table.js';

/** Where a page ended: the index of the state in the list asked for, and the sort key of the last job. */
const positionSchema = z.tuple([z.int(), z.number(), z.number()]);
type Position = z.output<typeof positionSchema>;

type SortKey = readonly [number, number];

/** What orders the jobs of a state in a listing; it grows from one to the next. */
const SORT_KEYS: Record<JobState, (entry: JobEntry) => SortKey> = {
  waiting: (entry) => [-entry.priority, entry.order],
  delayed: (entry) => [entry.at, entry.mark],
  active: (entry) => [0, entry.mark],
  completed: (entry) => [0, -entry.mark],
  failed: (entry) => [0, -entry.mark],
};

/** Pages through the jobs of a table. A page costs O(jobs before and in it), delayed ones O(n log n). */
export class JobListing {
  readonly #table: JobTable;
  readonly #cursors = new CursorCodec(positionSchema, randomBytes(32));

  constructor(table: JobTable) {
    this.#table = table;
  }

  /** @throws {QueueError} `INVALID_CURSOR`. */
  page<T>(states: readonly JobState[], limit: number, cursor: string | undefined): Page<JobRecord<T>> {
    const items: JobRecord<T>[] = [];
    let position: Position | undefined =
      cursor === undefined ? undefined : this.#cursors.decode(states, cursor);
    for (const [index, state] of states.entries()) {
      if (position !== undefined && index < position[0]) continue;
      const after: SortKey | undefined = position?.[0] === index ? [position[1], position[2]] : undefined;
      for (const entry of this.#after(state, after)) {
        if (items.length === limit && position !== undefined) {
          return { items, nextCursor: this.#cursors.encode(states, position) };
        }
        items.push(toJobRecord(entry));
        position = [index, ...SORT_KEYS[state](entry)];
      }
    }
    return { items, nextCursor: null };
  }

  *#after(state: JobState, after: SortKey | undefined): Generator<JobEntry> {
    const keyOf = SORT_KEYS[state];
    const entries = this.#table.entries(state);
    const sorted = state === 'delayed' ? [...entries].sort((a, b) => compare(keyOf(a), keyOf(b))) : entries;
    for (const entry of sorted) if (after === undefined || compare(keyOf(entry), after) > 0) yield entry;
  }
}

function compare(a: SortKey, b: SortKey): number {
  return a[0] - b[0] || a[1] - b[1];
}
