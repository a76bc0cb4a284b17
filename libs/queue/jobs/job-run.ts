import { AbortedError } from '#core';

/** One call of a handler. */
export class JobRun {
  /** The handler's own; the job hears nothing of it. Too late when the handler has ended. */
  readonly abort = (reason: AbortedError): void => this.#controller?.abort(reason);
  readonly signal: AbortSignal;
  #controller: AbortController | undefined;
  #cancelled: AbortedError | undefined;
  #interrupted = false;

  constructor(controller: AbortController) {
    this.signal = controller.signal;
    this.#controller = controller;
  }

  /** The handler has ended. @returns the controller if it may serve another run: nothing aborts it any more. */
  end(): AbortController | undefined {
    const controller = this.#controller;
    this.#controller = undefined;
    return this.signal.aborted ? undefined : controller;
  }

  /** Why the job was cancelled, if it was: the job is then failed, however the handler ends. */
  get cancelled(): AbortedError | undefined {
    return this.#cancelled;
  }

  /** Whether the handler was told to stop because its consumer closes: the job then goes back, unless it succeeds. */
  get interrupted(): boolean {
    return this.#interrupted;
  }

  /** The first reason counts, also after an interruption, which a signal cannot take back. */
  cancel(reason: AbortedError): void {
    this.#cancelled ??=
      reason.kind === 'cancel'
        ? reason
        : new AbortedError('cancel', reason.message, { details: reason.details, cause: reason });
    this.#controller?.abort(this.#cancelled);
  }

  interrupt(): void {
    this.#interrupted = true;
    this.#controller?.abort(new AbortedError('shutdown', 'the consumer is closing'));
  }
}
