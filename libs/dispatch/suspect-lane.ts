import { untilAborted } from '#core';

/**
 * One at a time, in order of arrival: for executions that were lost with a worker so often that the next loss is the last.
 *
 * When a worker dies, every execution that it ran is found without one, and only one of them may be to blame. Run beside
 * each other they would die together until all of them are taken for poison; run alone, only the guilty one does.
 */
export class SuspectLane {
  #last: Promise<void> = Promise.resolve();

  /**
   * Resolves when it is its turn; `leave` gives the lane to the next.
   * @throws the signal's reason when it aborts before.
   */
  async enter(signal: AbortSignal): Promise<{ leave: () => void }> {
    let leave: () => void = () => undefined;
    const before = this.#last;
    // Those behind wait for the one before as well, so that one who gives up lets nobody past.
    this.#last = Promise.all([before, new Promise<void>((resolve) => (leave = resolve))]).then(
      () => undefined,
    );
    try {
      await untilAborted(before, signal);
    } catch (error) {
      leave();
      throw error;
    }
    return { leave };
  }
}
