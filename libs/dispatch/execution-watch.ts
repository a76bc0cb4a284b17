import { Injectable } from '@nestjs/common';
import { AbortedError, Clock, Deadline, onAbort } from '#core';
import type { ReadEventsOptions } from './execution-handle.js';
import { isFinalEvent, type ExecutionEvent } from './execution/execution-event.js';
import { ExecutionStore } from './execution/execution-store.js';
import { isFinished, type Execution } from './execution/execution.js';
import { toExecution } from './execution/stored-execution.js';

export interface WaitOptions {
  /** How long to wait, ms; without it, as long as it takes. */
  waitMs?: number;
  /** Gives up waiting. */
  signal?: AbortSignal;
}

/** Follows executions by their logs, wherever they run; nothing is polled. */
@Injectable()
export class ExecutionWatch {
  readonly #closing = new AbortController();

  constructor(
    private readonly executions: ExecutionStore,
    private readonly clock: Clock,
  ) {}

  /** Ends every wait and every stream. Idempotent. */
  close(): void {
    this.#closing.abort(new AbortedError('shutdown', 'the dispatcher is closed'));
  }

  /**
   * The execution as soon as it has finished, or as it is when the wait is over.
   * @throws {DispatchError} `EXECUTION_NOT_FOUND`; the signal's reason.
   */
  async wait(executionId: string, { waitMs, signal }: WaitOptions): Promise<Execution> {
    signal?.throwIfAborted();
    const execution = await this.#get(executionId);
    if (isFinished(execution.status) || waitMs === 0) return execution;
    const watch = this.#deadline(signal, waitMs);
    try {
      for await (const { type } of this.executions.readEvents(executionId, { signal: watch.signal })) {
        if (!isFinalEvent(type)) continue;
        const now = await this.#get(executionId);
        if (isFinished(now.status)) return now;
      }
    } finally {
      watch.dispose();
    }
    signal?.throwIfAborted();
    return this.#get(executionId);
  }

  /** @throws {DispatchError} `EXECUTION_NOT_FOUND`; {StateError} `INVALID_CURSOR`. */
  async *events(executionId: string, { after, signal }: ReadEventsOptions): AsyncGenerator<ExecutionEvent> {
    const { state } = await this.executions.loadSummary(executionId);
    const watch = this.#deadline(signal);
    try {
      const resumed = after !== undefined && isFinished(state.status);
      if (resumed && after === (await this.#endOf(executionId, state.run, watch.signal))) return;
      for await (const event of this.executions.readEvents(executionId, { after, signal: watch.signal })) {
        yield event;
        if (isFinalEvent(event.type) && (await this.#isOver(executionId, event.run))) return;
      }
    } finally {
      watch.dispose();
    }
  }

  /** Whether the execution ended with that run: the final event of an earlier one is not the last event. */
  async #isOver(executionId: string, run: number): Promise<boolean> {
    const { state } = await this.executions.loadSummary(executionId);
    return isFinished(state.status) && state.run === run;
  }

  /** The position of a finished run's final event. Whoever resumes behind it would wait for what never comes. */
  async #endOf(executionId: string, lastRun: number, signal: AbortSignal): Promise<string | undefined> {
    for await (const { type, run, position } of this.executions.readEvents(executionId, { signal })) {
      if (isFinalEvent(type) && run === lastRun) return position;
    }
    return undefined;
  }

  async #get(executionId: string): Promise<Execution> {
    return toExecution(await this.executions.load(executionId));
  }

  #deadline(signal: AbortSignal | undefined, timeoutMs?: number): Watch {
    const deadline = new Deadline({
      clock: this.clock,
      parent: this.#closing.signal,
      timeoutMs,
      what: 'the wait',
    });
    const abort = (): void => deadline.abort(signal?.reason as Error);
    if (signal?.aborted) abort();
    const stopListening = signal === undefined ? undefined : onAbort(signal, abort);
    return {
      signal: deadline.signal,
      dispose: () => {
        stopListening?.();
        deadline.dispose();
      },
    };
  }
}

interface Watch {
  signal: AbortSignal;
  dispose(): void;
}
