/** What may stand in one list at a time: it is its own link, so that coming and going allocate nothing. */
export interface Link<T> {
  previous: T | undefined;
  next: T | undefined;
}

/** First come, first served; adding, and leaving from anywhere, are O(1). */
export class LinkedList<T extends Link<T>> {
  #first: T | undefined;
  #last: T | undefined;

  get first(): T | undefined {
    return this.#first;
  }

  push(link: T): void {
    const last = this.#last;
    link.previous = last;
    if (last === undefined) this.#first = link;
    else last.next = link;
    this.#last = link;
  }

  /** To be called for one that is in the list only. */
  remove(link: T): void {
    const { previous, next } = link;
    if (previous === undefined) this.#first = next;
    else previous.next = next;
    if (next === undefined) this.#last = previous;
    else next.previous = previous;
    // Whoever keeps one that has left must not keep all that stood beside it.
    link.previous = undefined;
    link.next = undefined;
  }
}
