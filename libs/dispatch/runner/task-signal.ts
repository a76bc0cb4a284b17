import { setMaxListeners } from 'node:events';

/**
 * The signal of one attempt. Its run, or its step, has another one: it must end alone when its agent is lost.
 * It is made when it is first asked for, for it costs more than all else about a task that does nothing.
 */
export class TaskSignal {
  #controller: AbortController | undefined;
  #reason: Error | undefined;

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      // As many listeners as the agent likes: Node would take the eleventh for a leak and warn.
      setMaxListeners(0, this.#controller.signal);
      if (this.#reason !== undefined) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  /** Only the first reason counts. */
  abort(reason: Error): void {
    this.#reason ??= reason;
    this.#controller?.abort(this.#reason);
  }
}
