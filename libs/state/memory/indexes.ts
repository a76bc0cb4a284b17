import type { Rank } from '../paging/index-cursor.js';
import { LatestMap } from './latest-map.js';
import { SortedIndex, type Place } from './sorted-index.js';

/**
 * The sorted indexes of a store, and of each member the places that it has in them: most are in few, so that one look
 * at a member finds them all. An index is there as long as something is in it.
 */
export class Indexes {
  readonly #indexes = new Map<string, SortedIndex>();
  /** Of each member its first place, which leads to the others. */
  readonly #places = new LatestMap<Place>();

  /** How many indexes there are. */
  get size(): number {
    return this.#indexes.size;
  }

  hasIndex(name: string): boolean {
    return this.#indexes.has(name);
  }

  /** How many members an index has. */
  count(name: string): number {
    return this.#indexes.get(name)?.size ?? 0;
  }

  has(name: string, member: string): boolean {
    const index = this.#indexes.get(name);
    return index !== undefined && placeAmong(this.#places.get(member), index) !== undefined;
  }

  /** Puts the member into the index, or moves it there. */
  set(name: string, member: string, score: number): void {
    let index = this.#indexes.get(name);
    if (index === undefined) this.#indexes.set(name, (index = new SortedIndex()));
    const first = this.#places.get(member);
    let place = placeAmong(first, index);
    if (place !== undefined) this.#unlink(place, first);
    place = { member, index, chunk: undefined, next: this.#places.get(member) };
    index.enter(place, score);
    this.#places.set(member, place);
  }

  delete(name: string, member: string): void {
    const index = this.#indexes.get(name);
    if (index === undefined) return;
    const first = this.#places.get(member);
    const place = placeAmong(first, index);
    if (place === undefined) return;
    this.#unlink(place, first);
    if (index.size === 0) this.#indexes.delete(name);
  }

  /** As `SortedIndex.page`. */
  page(name: string, order: 'asc' | 'desc', limit: number, after?: Rank): Rank[] {
    return this.#indexes.get(name)?.page(order, limit, after) ?? [];
  }

  clear(): void {
    this.#indexes.clear();
    this.#places.clear();
  }

  #unlink(place: Place, first: Place | undefined): void {
    place.index.leave(place);
    if (place === first) {
      if (place.next === undefined) this.#places.delete(place.member);
      else this.#places.set(place.member, place.next);
      return;
    }
    let before = first;
    while (before !== undefined && before.next !== place) before = before.next;
    if (before !== undefined) before.next = place.next;
  }
}

function placeAmong(first: Place | undefined, index: SortedIndex): Place | undefined {
  let place = first;
  while (place !== undefined && place.index !== index) place = place.next;
  return place;
}
