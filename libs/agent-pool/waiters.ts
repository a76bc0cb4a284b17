import { LinkedList, type Link } from './linked-list.js';

/** Highest priority of a lease; 0 is the lowest. */
export const MAX_PRIORITY = 10;
export const DEFAULT_PRIORITY = 5;

/** Those who wait for a `T`: highest priority first, then first come, first served. Adding and leaving are O(1). */
export class Waiters<T> {
  readonly #lines = Array.from({ length: MAX_PRIORITY + 1 }, () => new LinkedList<Waiter<T>>());
  readonly #onCancelled: () => void;
  #size = 0;

  /** @param onCancelled told when the signal of one has taken it out of the line. */
  constructor(onCancelled: () => void = () => undefined) {
    this.#onCancelled = onCancelled;
  }

  get size(): number {
    return this.#size;
  }

  /** @throws the signal's reason, at the moment of its abort; what `rejectAll` was given. */
  wait(priority: number, signal: AbortSignal | undefined): Promise<T> {
    const line = this.#lines[priority];
    if (line === undefined) throw new RangeError(`priority ${priority} is not one of 0..${MAX_PRIORITY}`);
    return new Promise<T>((resolve, reject) => {
      line.push(new Waiter(resolve, reject, signal, line, this.#left));
      this.#size++;
    });
  }

  /**
   * Takes the first one out of the line.
   * @returns what gives it its `T`; undefined when nobody waits.
   */
  next(): ((value: T) => void) | undefined {
    for (let waiter = this.#first(); waiter !== undefined; waiter = this.#first()) {
      // An earlier listener of the same abort may have led here before the waiter was told.
      const isCancelled = waiter.signal?.aborted === true;
      waiter.leave(isCancelled);
      if (!isCancelled) return waiter.resolve;
      waiter.reject(waiter.signal?.reason);
    }
    return undefined;
  }

  rejectAll(error: Error): void {
    for (let waiter = this.#first(); waiter !== undefined; waiter = this.#first()) {
      waiter.leave();
      waiter.reject(error);
    }
  }

  #first(): Waiter<T> | undefined {
    if (this.#size === 0) return undefined;
    for (let priority = MAX_PRIORITY; priority >= 0; priority--) {
      const first = this.#lines[priority]?.first;
      if (first !== undefined) return first;
    }
    return undefined;
  }

  readonly #left = (cancelled: boolean): void => {
    this.#size--;
    if (cancelled) this.#onCancelled();
  };
}

/** One who waits; a link of its line, and itself the listener of its signal, so that waiting needs no closure. */
class Waiter<T> implements Link<Waiter<T>> {
  previous: Waiter<T> | undefined;
  next: Waiter<T> | undefined;

  constructor(
    readonly resolve: (value: T) => void,
    readonly reject: (reason: unknown) => void,
    readonly signal: AbortSignal | undefined,
    readonly line: LinkedList<Waiter<T>>,
    readonly onLeave: (cancelled: boolean) => void,
  ) {
    signal?.addEventListener('abort', this);
  }

  leave(cancelled = false): void {
    this.signal?.removeEventListener('abort', this);
    this.line.remove(this);
    this.onLeave(cancelled);
  }

  handleEvent(): void {
    this.leave(true);
    this.reject(this.signal?.reason);
  }
}
