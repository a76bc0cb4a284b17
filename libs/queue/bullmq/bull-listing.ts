import type { Redis } from 'ioredis';
import { z } from 'zod';
import type { Page } from '#core';
import { CursorCodec } from '../jobs/cursor.js';
import type { JobRecord, JobState } from '../ports/job.js';

/** Where BullMQ keeps the jobs of a state: lists, whose first is at the end, and sorted sets. */
interface Source {
  key: string;
  state: JobState;
  order: 'list' | 'ascending' | 'descending';
}

const SOURCES: Record<JobState, readonly [key: string, order: Source['order']][]> = {
  // Jobs that were recovered wait in a list of their own, before all others.
  waiting: [
    ['wait', 'list'],
    ['prioritized', 'ascending'],
  ],
  delayed: [['delayed', 'ascending']],
  active: [['active', 'list']],
  completed: [['completed', 'descending']],
  failed: [['failed', 'descending']],
};

/** Where a page ended: the index of the source, what the last job is sorted by there, and its id. */
const positionSchema = z.tuple([z.int(), z.number(), z.string()]);
type Position = z.output<typeof positionSchema>;

interface Member {
  id: string;
  /** Its score, or its place in the list. */
  sortKey: number;
}

export interface BullListingOptions {
  client: Redis;
  toKey: (type: string) => string;
  /** A job by the id BullMQ knows it by; undefined when it has gone. */
  load: <T>(id: string, state: JobState) => Promise<JobRecord<T> | undefined>;
}

/**
 * Pages through the jobs of a queue. BullMQ pages by offset, and would skip a job for each that has left the pages before:
 * here a page begins behind the last job of the one before, or where that one was.
 */
export class BullListing {
  readonly #client: Redis;
  readonly #options: BullListingOptions;
  readonly #cursors: CursorCodec<Position>;

  constructor(options: BullListingOptions) {
    this.#client = options.client;
    this.#options = options;
    // The same on every instance: any of them may be asked for the next page.
    this.#cursors = new CursorCodec(positionSchema, options.toKey('cursor'));
  }

  /** @throws {QueueError} `INVALID_CURSOR`. */
  async page<T>(
    states: readonly JobState[],
    limit: number,
    cursor: string | undefined,
  ): Promise<Page<JobRecord<T>>> {
    const items: JobRecord<T>[] = [];
    let position = cursor === undefined ? undefined : this.#cursors.decode(states, cursor);
    for (const [index, source] of this.#sources(states).entries()) {
      if (position !== undefined && index < position[0]) continue;
      let start = position?.[0] === index ? await this.#startAfter(source, position) : 0;
      for (;;) {
        const wanted = limit + 1 - items.length;
        const members = await this.#read(source, start, wanted);
        const jobs = await Promise.all(members.map(({ id }) => this.#options.load<T>(id, source.state)));
        for (const [nth, { id, sortKey }] of members.entries()) {
          const job = jobs[nth];
          if (job === undefined) continue;
          if (items.length === limit && position !== undefined) {
            return { items, nextCursor: this.#cursors.encode(states, position) };
          }
          items.push(job);
          position = [index, sortKey, id];
        }
        if (members.length < wanted) break;
        start += members.length;
      }
    }
    return { items, nextCursor: null };
  }

  #sources(states: readonly JobState[]): Source[] {
    return states.flatMap((state) =>
      SOURCES[state].map(([type, order]) => ({ key: this.#options.toKey(type), state, order })),
    );
  }

  /** The place behind the job that a page ended with; where it has gone, the place it had. */
  async #startAfter({ key, order }: Source, [, sortKey, id]: Position): Promise<number> {
    if (order === 'list') {
      const [place, length] = await Promise.all([
        this.#client.lpos(key, id, 'RANK', -1),
        this.#client.llen(key),
      ]);
      return place === null ? sortKey : length - place;
    }
    const rank = await (order === 'ascending' ? this.#client.zrank(key, id) : this.#client.zrevrank(key, id));
    if (rank !== null) return rank + 1;
    return order === 'ascending'
      ? this.#client.zcount(key, '-inf', `(${sortKey}`)
      : this.#client.zcount(key, `(${sortKey}`, '+inf');
  }

  async #read({ key, order }: Source, start: number, count: number): Promise<Member[]> {
    if (order === 'list') {
      const ids = await this.#client.lrange(key, -(start + count), -(start + 1));
      return ids.reverse().map((id, nth) => ({ id, sortKey: start + nth }));
    }
    const stop = String(start + count - 1);
    const found = await (order === 'ascending'
      ? this.#client.zrange(key, start, stop, 'WITHSCORES')
      : this.#client.zrevrange(key, start, stop, 'WITHSCORES'));
    const flat = (found as unknown[]).flat();
    const members: Member[] = [];
    for (let at = 0; at < flat.length; at += 2) {
      members.push({ id: String(flat[at]), sortKey: Number(flat[at + 1]) });
    }
    return members;
  }
}
