import { Injectable } from '@nestjs/common';
import { AbortedError, Clock, Deadline, onAbort, turnOver } from '#core';
import { StateError } from '#state';
import type { ReadEventsOptions } from './execution-handle.js';
import {
  isFinalEvent,
  startOfLog,
  typeOf,
  type ExecutionEvent,
  type LogPlace,
} from './execution/execution-event.js';
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
    const status = await this.executions.statusOf(executionId);
    if (isFinished(status) || waitMs === 0) return toExecution(await this.executions.loadAtOnce(executionId));
    // Without a limit of its own the wait needs no signal of its own.
    const isLimited = signal !== undefined || waitMs !== undefined;
    const finished = await (isLimited
      ? this.#finishedInTime(executionId, { waitMs, signal })
      : this.#finished(executionId, this.#closing.signal));
    signal?.throwIfAborted();
    return finished ?? toExecution(await this.executions.load(executionId));
  }

  async #finishedInTime(
    executionId: string,
    { waitMs, signal }: WaitOptions,
  ): Promise<Execution | undefined> {
    const watch = this.#deadline(signal, waitMs);
    try {
      return await this.#finished(executionId, watch.signal);
    } finally {
      watch.dispose();
    }
  }

  /** The execution once it has finished; undefined when the signal aborts before. */
  async #finished(executionId: string, signal: AbortSignal): Promise<Execution | undefined> {
    // By hand: `for await` waits for an end of the iteration that nobody needs.
    const entries = this.executions.readLatest(executionId, signal)[Symbol.asyncIterator]();
    try {
      for (;;) {
        const next = await entries.next();
        if (next.done === true) return undefined;
        if (!isFinalEvent(typeOf(next.value))) continue;
        const execution = toExecution(await this.executions.loadAtOnce(executionId));
        if (isFinished(execution.status)) return execution;
      }
    } finally {
      void entries.return?.();
    }
  }

  /**
   * The events behind `after`; undefined when there is none, and none will come.
   * @throws {DispatchError} `EXECUTION_NOT_FOUND`; {StateError} `INVALID_CURSOR` for a position that is not in the log of
   *   this execution: going on from anywhere else would leave out events, or tell some twice. One older than the oldest
   *   event kept may have been in it: the first event then says that nobody knows how many are missing.
   */
  async open(
    executionId: string,
    { after, signal }: ReadEventsOptions,
  ): Promise<AsyncGenerator<ExecutionEvent> | undefined> {
    const { state } = await this.executions.loadSummary(executionId);
    if (after === undefined) return this.#follow(executionId, startOfLog(), signal);
    const found = await this.#find(executionId, after, signal);
    if (found === undefined && !(await this.#isDropped(executionId, after, signal))) {
      throw new StateError('INVALID_CURSOR', 'not a position in the events of this execution');
    }
    const { last, place } = found ?? { place: { position: after, number: null } };
    if (last && isFinalEvent(last.type) && last.run === state.run && isFinished(state.status))
      return undefined;
    return this.#follow(executionId, place, signal);
  }

  /** As {@link open}, whose errors come with the first event. */
  async *events(executionId: string, options: ReadEventsOptions): AsyncGenerator<ExecutionEvent> {
    const events = await this.open(executionId, options);
    if (events !== undefined) yield* events;
  }

  async *#follow(
    executionId: string,
    place: LogPlace,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<ExecutionEvent> {
    const watch = this.#deadline(signal);
    try {
      for await (const event of this.executions.readEvents(executionId, place, { signal: watch.signal })) {
        yield event;
        if (isFinalEvent(event.type) && (await this.#isOver(executionId, event.run))) return;
      }
    } finally {
      watch.dispose();
    }
    // Who reads more slowly than a drain writes gets to see how his execution ended all the same.
    if (this.#closing.signal.aborted) yield* this.#rest(executionId, place, signal);
  }

  /** What is on record by now. */
  #rest(executionId: string, place: LogPlace, signal = new AbortController().signal) {
    return this.executions.readEvents(executionId, place, { follow: false, signal });
  }

  /** Whether the execution ended with that run: the final event of an earlier one is not the last event. */
  async #isOver(executionId: string, run: number): Promise<boolean> {
    const { state } = await this.executions.loadSummary(executionId);
    return isFinished(state.status) && state.run === run;
  }

  async #find(
    executionId: string,
    position: string,
    signal: AbortSignal | undefined,
  ): Promise<{ last: ExecutionEvent; place: LogPlace } | undefined> {
    const place = startOfLog();
    for await (const last of this.#rest(executionId, place, signal)) {
      if (last.position === position) return { last, place };
      // A log in memory answers at once, each time: all of it would be one turn of the event loop.
      const pause = turnOver();
      if (pause !== undefined) await pause;
    }
    return undefined;
  }

  /**
   * Whether a position that is not in the log lies before all of it, and some of it has been dropped. Positions are
   * opaque, so the log is asked what comes behind; its oldest entry may only have moved on since.
   */
  async #isDropped(executionId: string, position: string, signal?: AbortSignal): Promise<boolean> {
    const behind = await this.#numberBehind(executionId, { position, number: null }, signal);
    const oldest = await this.#numberBehind(executionId, startOfLog(), signal);
    return behind !== null && oldest !== null && oldest > 1 && behind <= oldest;
  }

  /** The number of the entry behind `place`; null when there is none. */
  async #numberBehind(executionId: string, place: LogPlace, signal?: AbortSignal): Promise<number | null> {
    const { done } = await this.#rest(executionId, place, signal).next();
    return done === true ? null : place.number;
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
