/** What may stand in one list at a time: it is its own link, so that coming and going allocate nothing. */
export interface Link<T> {
  previous: T | undefined;
  next: T | undefined;
}

/**
 * First come, first served; adding, and leaving from anywhere, are O(1).
 * A ring of which it holds the last one: what is stored in an old object costs, for the collector has to be told of it.
 */
export class LinkedList<T extends Link<T>> {
  #last: T | undefined;

  get first(): T | undefined {
    return this.#last?.next;
  }

  *[Symbol.iterator](): Generator<T> {
    const { first } = this;
    for (let link = first; link !== undefined; link = link.next === first ? undefined : link.next) yield link;
  }

  push(link: T): void {
    const last = this.#last;
    const first = last?.next ?? link;
    link.previous = last ?? link;
    link.next = first;
    link.previous.next = link;
    first.previous = link;
    this.#last = link;
  }

  /** Nothing happens when it is in none; in another it must not be. */
  remove(link: T): void {
    const { previous, next } = link;
    if (previous === undefined || next === undefined) return;
    if (this.#last === link) this.#last = previous === link ? undefined : previous;
    previous.next = next;
    next.previous = previous;
    // Whoever keeps one that has left must not keep all that stood beside it.
    link.previous = undefined;
    link.next = undefined;
  }
}
