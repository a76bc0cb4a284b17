import type { Clock } from '#core';

/** What clients are left to take what they were sent last, before a shutdown goes on without them. */
const CLOSE_GRACE_MS = 1_000;

/** The connections of a door, and how long its end waits for them. */
export class OpenConnections<C> {
  readonly #open = new Set<C>();
  readonly #cut: (connection: C) => void;
  readonly #waiting: (() => void)[] = [];

  /** @param cut ends a connection at once; `delete` follows. */
  constructor(cut: (connection: C) => void) {
    this.#cut = cut;
  }

  get size(): number {
    return this.#open.size;
  }

  [Symbol.iterator](): Iterator<C> {
    return this.#open.values();
  }

  add(connection: C): void {
    this.#open.add(connection);
  }

  delete(connection: C): void {
    this.#open.delete(connection);
    if (this.#open.size === 0) for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** Resolves when there is none; those that are open after {@link CLOSE_GRACE_MS} are cut. */
  async allGone(clock: Clock): Promise<void> {
    if (this.#open.size === 0) return;
    const grace = clock.setTimer(
      () => {
        for (const connection of this.#open) this.#cut(connection);
      },
      CLOSE_GRACE_MS,
      { ref: true },
    );
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
    grace.cancel();
  }
}
