/** Where a member stands in an index: by score, ties by member in code-unit order. */
export interface Rank {
  member: string;
  score: number;
}

/** Parallel, sorted arrays: 16 bytes a place where an object each would take 64. */
interface Chunk {
  members: string[];
  scores: number[];
  /** Places whose member has gone, or has another score now. */
  stale: number;
}

/** Most places of one chunk. Moving half of it costs less than finding the chunk. */
const CHUNK_SIZE = 256;

/**
 * Members sorted by rank: a sorted list of sorted chunks, so that a change moves at most one chunk's members, at the
 * ends as in the middle, and finding a place is two binary searches.
 *
 * Who goes leaves its place behind, and a chunk is tidied up when most of its places are left: taking out each at once
 * would cost most of the time that an index takes.
 */
export class SortedIndex {
  readonly #scores = new Map<string, number>();
  readonly #chunks: Chunk[] = [];

  get size(): number {
    return this.#scores.size;
  }

  has(member: string): boolean {
    return this.#scores.has(member);
  }

  /** Places the member, or moves it. */
  set(member: string, score: number): void {
    const previous = this.#scores.get(member);
    if (previous === score) return;
    this.#scores.set(member, score);
    if (previous !== undefined) this.#leave(member, previous);
    this.#insert(member, score);
  }

  delete(member: string): void {
    const score = this.#scores.get(member);
    if (score === undefined) return;
    this.#scores.delete(member);
    this.#leave(member, score);
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
      else if (chunk?.members[at] === after.member && chunk.scores[at] === after.score) at++;
    }
    const page: Rank[] = [];
    while (page.length < limit) {
      const chunk = this.#chunks[chunkAt];
      const member = chunk?.members[at];
      const score = chunk?.scores[at];
      if (member !== undefined && score !== undefined) {
        if (this.#scores.get(member) === score) page.push({ member, score });
        at += ascending ? 1 : -1;
      } else {
        chunkAt += ascending ? 1 : -1;
        if (chunkAt < 0 || chunkAt >= this.#chunks.length) break;
        at = ascending ? 0 : this.#lengthOf(chunkAt) - 1;
      }
    }
    return page;
  }

  #insert(member: string, score: number): void {
    const chunkAt = this.#chunkOf(member, score);
    const chunk = this.#chunks[chunkAt];
    if (chunk === undefined) {
      this.#append(member, score);
      return;
    }
    const at = placeIn(chunk, member, score);
    if (chunk.members[at] === member && chunk.scores[at] === score) {
      chunk.stale--; // it comes back to the place that it left
      return;
    }
    chunk.members.splice(at, 0, member);
    chunk.scores.splice(at, 0, score);
    if (chunk.members.length > CHUNK_SIZE) this.#split(chunkAt, chunk);
  }

  /** Behind all others: most scores are times, so this is the way most members come in. It fills chunks to the brim. */
  #append(member: string, score: number): void {
    const last = this.#chunks.at(-1);
    if (last === undefined || last.members.length >= CHUNK_SIZE) {
      this.#chunks.push({ members: [member], scores: [score], stale: 0 });
    } else {
      last.members.push(member);
      last.scores.push(score);
    }
  }

  #split(chunkAt: number, chunk: Chunk): void {
    this.#tidy(chunk);
    if (chunk.members.length <= CHUNK_SIZE) return;
    const half = CHUNK_SIZE / 2;
    this.#chunks.splice(chunkAt + 1, 0, {
      members: chunk.members.splice(half),
      scores: chunk.scores.splice(half),
      stale: 0,
    });
  }

  #leave(member: string, score: number): void {
    const chunkAt = this.#chunkOf(member, score);
    const chunk = this.#chunks[chunkAt];
    if (chunk === undefined || ++chunk.stale * 2 < chunk.members.length) return;
    this.#tidy(chunk);
    const next = this.#chunks[chunkAt + 1];
    if (chunk.members.length === 0) {
      this.#chunks.splice(chunkAt, 1);
    } else if (next !== undefined && chunk.members.length + next.members.length <= CHUNK_SIZE / 2) {
      // Else members taken out at random would leave a chunk for each one that stays.
      chunk.members.push(...next.members);
      chunk.scores.push(...next.scores);
      chunk.stale += next.stale;
      this.#chunks.splice(chunkAt + 1, 1);
    }
  }

  /** Takes the stale places out. */
  #tidy(chunk: Chunk): void {
    if (chunk.stale === 0) return;
    const { members, scores } = chunk;
    let kept = 0;
    for (let at = 0; at < members.length; at++) {
      const member = members[at] as string;
      const score = scores[at] as number;
      if (this.#scores.get(member) !== score) continue;
      members[kept] = member;
      scores[kept++] = score;
    }
    members.length = kept;
    scores.length = kept;
    chunk.stale = 0;
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
    return chunk !== undefined && isBefore(chunk, chunk.members.length - 1, member, score);
  }

  #lengthOf(chunkAt: number): number {
    return this.#chunks[chunkAt]?.members.length ?? 0;
  }
}

/** The first place in the chunk that is not before the rank. */
function placeIn(chunk: Chunk, member: string, score: number): number {
  let low = 0;
  let high = chunk.members.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isBefore(chunk, middle, member, score)) low = middle + 1;
    else high = middle;
  }
  return low;
}

function isBefore(chunk: Chunk, at: number, member: string, score: number): boolean {
  const itsScore = chunk.scores[at] ?? -Infinity;
  return itsScore < score || (itsScore === score && (chunk.members[at] ?? '') < member);
}
