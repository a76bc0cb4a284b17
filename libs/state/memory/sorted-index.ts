import type { Rank } from '../paging/index-cursor.js';

/** A member's place in one index. */
export interface Place {
  readonly member: string;
  readonly index: SortedIndex;
  /** Undefined once the member has left it. */
  chunk: Chunk | undefined;
  /** The place of the same member in another index. */
  next: Place | undefined;
}

/** Parallel, sorted arrays. */
interface Chunk {
  places: Place[];
  scores: number[];
  /** Places that were left. */
  stale: number;
}

/** Most places of one chunk. Moving half of it costs less than finding the chunk. */
const CHUNK_SIZE = 256;

/**
 * Places sorted by rank: a sorted list of sorted chunks, so that a change moves at most one chunk's places, at the
 * ends as in the middle, and finding a place is two binary searches.
 *
 * A place that is left stays where it is, and a chunk is tidied up when half of it was left: taking out each at once
 * would cost most of the time that an index takes.
 */
export class SortedIndex {
  readonly #chunks: Chunk[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Puts a place where its member's score belongs. */
  enter(place: Place, score: number): void {
    this.#size++;
    const chunkAt = this.#chunkOf(place.member, score);
    const chunk = this.#chunks[chunkAt];
    if (chunk === undefined) {
      this.#append(place, score);
      return;
    }
    place.chunk = chunk;
    const at = placeIn(chunk, place.member, score);
    chunk.places.splice(at, 0, place);
    chunk.scores.splice(at, 0, score);
    if (chunk.places.length > CHUNK_SIZE) this.#split(chunkAt, chunk);
  }

  leave(place: Place): void {
    const { chunk } = place;
    if (chunk === undefined) return;
    place.chunk = undefined;
    this.#size--;
    if (++chunk.stale * 2 >= chunk.places.length) this.#shrink(chunk);
  }

  /** Up to `limit` members in the given order, those behind `after` if given; `after` itself need not be there. */
  page(order: 'asc' | 'desc', limit: number, after?: Rank): Rank[] {
    const ascending = order === 'asc';
    let chunkAt = ascending ? 0 : this.#chunks.length - 1;
    let at = ascending ? 0 : this.#lengthOf(chunkAt) - 1;
    if (after !== undefined) {
      chunkAt = this.#chunkOf(after.member, after.score);
      const chunk = this.#chunks[chunkAt];
      at = chunk === undefined ? 0 : placeIn(chunk, after.member, after.score);
      if (!ascending) at--;
    }
    const page: Rank[] = [];
    while (page.length < limit) {
      const chunk = this.#chunks[chunkAt];
      const place = chunk?.places[at];
      const score = chunk?.scores[at];
      if (place !== undefined && score !== undefined) {
        const { member } = place;
        const isShown = after?.member === member && after.score === score;
        if (place.chunk !== undefined && !isShown) page.push({ member, score });
        at += ascending ? 1 : -1;
      } else {
        chunkAt += ascending ? 1 : -1;
        if (chunkAt < 0 || chunkAt >= this.#chunks.length) break;
        at = ascending ? 0 : this.#lengthOf(chunkAt) - 1;
      }
    }
    return page;
  }

  /** Behind all others: most scores are times, so this is the way most members come in. It fills chunks to the brim. */
  #append(place: Place, score: number): void {
    const last = this.#chunks.at(-1);
    if (last === undefined || last.places.length >= CHUNK_SIZE) {
      place.chunk = { places: [place], scores: [score], stale: 0 };
      this.#chunks.push(place.chunk);
    } else {
      place.chunk = last;
      last.places.push(place);
      last.scores.push(score);
    }
  }

  #split(chunkAt: number, chunk: Chunk): void {
    tidy(chunk);
    if (chunk.places.length <= CHUNK_SIZE) return;
    const half = CHUNK_SIZE / 2;
    const upper = { places: chunk.places.splice(half), scores: chunk.scores.splice(half), stale: 0 };
    for (const place of upper.places) place.chunk = upper;
    this.#chunks.splice(chunkAt + 1, 0, upper);
  }

  #shrink(chunk: Chunk): void {
    const chunkAt = this.#placeOf(chunk);
    tidy(chunk);
    const next = this.#chunks[chunkAt + 1];
    if (chunk.places.length === 0) {
      this.#chunks.splice(chunkAt, 1);
    } else if (next !== undefined && chunk.places.length + next.places.length <= CHUNK_SIZE / 2) {
      // Else members taken out at random would leave a chunk for each one that stays.
      for (const place of next.places) if (place.chunk !== undefined) place.chunk = chunk;
      chunk.places.push(...next.places);
      chunk.scores.push(...next.scores);
      chunk.stale += next.stale;
      this.#chunks.splice(chunkAt + 1, 1);
    }
  }

  #placeOf(chunk: Chunk): number {
    const at = this.#chunkOf(chunk.places[0]?.member ?? '', chunk.scores[0] ?? -Infinity);
    // Equal ranks, of one who left and came back, may begin in the chunk before.
    return this.#chunks[at] === chunk ? at : this.#chunks.indexOf(chunk, at);
  }

  /** The first chunk that does not end before the rank; behind the last one when all do. */
  #chunkOf(member: string, score: number): number {
    let high = this.#chunks.length;
    if (high === 0 || this.#endsBefore(high - 1, member, score)) return high;
    let low = 0;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#endsBefore(middle, member, score)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #endsBefore(chunkAt: number, member: string, score: number): boolean {
    const chunk = this.#chunks[chunkAt];
    return chunk !== undefined && isBefore(chunk, chunk.places.length - 1, member, score);
  }

  #lengthOf(chunkAt: number): number {
    return this.#chunks[chunkAt]?.places.length ?? 0;
  }
}

/** Takes out the places that were left. */
function tidy(chunk: Chunk): void {
  if (chunk.stale === 0) return;
  const { places, scores } = chunk;
  let kept = 0;
  for (let at = 0; at < places.length; at++) {
    const place = places[at] as Place;
    if (place.chunk === undefined) continue;
    places[kept] = place;
    scores[kept++] = scores[at] as number;
  }
  places.length = kept;
  scores.length = kept;
  chunk.stale = 0;
}

/** The first place in the chunk that is not before the rank. */
function placeIn(chunk: Chunk, member: string, score: number): number {
  let low = 0;
  let high = chunk.places.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isBefore(chunk, middle, member, score)) low = middle + 1;
    else high = middle;
  }
  return low;
}

function isBefore(chunk: Chunk, at: number, member: string, score: number): boolean {
  const itsScore = chunk.scores[at] ?? -Infinity;
  return itsScore < score || (itsScore === score && (chunk.places[at]?.member ?? '') < member);
}
