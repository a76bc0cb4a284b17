/**
 * A map that remembers what it was asked for last: a commit names the same record, log and member several times, and a
 * look at the variable costs next to nothing beside one into a map of ten thousands.
 */
export class LatestMap<V> {
  readonly #map = new Map<string, V>();
  #latestKey: string | undefined;
  #latest: V | undefined;

  get size(): number {
    return this.#map.size;
  }

  get(key: string): V | undefined {
    if (key !== this.#latestKey) this.#remember(key, this.#map.get(key));
    return this.#latest;
  }

  set(key: string, value: V): void {
    this.#map.set(key, value);
    this.#remember(key, value);
  }

  delete(key: string): void {
    this.#map.delete(key);
    this.#remember(key, undefined);
  }

  values(): Iterable<V> {
    return this.#map.values();
  }

  clear(): void {
    this.#map.clear();
    this.#remember(undefined, undefined);
  }

  #remember(key: string | undefined, value: V | undefined): void {
    this.#latestKey = key;
    this.#latest = value;
  }
}
