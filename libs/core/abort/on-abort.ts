import { throwUncaught } from '../errors/throw-uncaught.js';

interface Entry {
  readonly callback: () => void;
}

/** Those who wait for the abort of a signal; a signal that nobody waits for has no entry and no listener. */
const waiting = new WeakMap<AbortSignal, AbortHub>();

/**
 * Calls `callback` once when `signal` aborts, unless the returned function has been called before; idempotent.
 * On a signal that has aborted already nothing happens: ask `signal.aborted` first.
 *
 * However many wait, the signal itself has one listener. With one each, Node warns of a leak from the eleventh on,
 * though sixteen steps that run at once are none, and walks the whole list to add or remove another.
 */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  if (signal.aborted) return noop;
  let hub = waiting.get(signal);
  if (hub === undefined) {
    hub = new AbortHub(signal);
    waiting.set(signal, hub);
  }
  return hub.add({ callback });
}

class AbortHub {
  readonly #entries = new Set<Entry>();
  readonly #signal: AbortSignal;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    signal.addEventListener('abort', this);
  }

  add(entry: Entry): () => void {
    this.#entries.add(entry);
    return () => {
      if (this.#entries.delete(entry) && this.#entries.size === 0) this.#leave();
    };
  }

  handleEvent(): void {
    this.#leave();
    for (const entry of this.#entries) call(entry.callback);
  }

  #leave(): void {
    this.#signal.removeEventListener('abort', this);
    waiting.delete(this.#signal);
  }
}

/** As an `EventTarget` does: what one callback throws is an uncaught exception and keeps nothing from the others. */
function call(callback: () => void): void {
  try {
    callback();
  } catch (error) {
    throwUncaught(error);
  }
}

function noop(): void {
  // Nothing to take back.
}
