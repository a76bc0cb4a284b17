import type { AgentContext, AgentTask } from '#agent-pool';
import { onAbort } from '#core';
import { TestingError } from './testing.errors.js';

export type CallStatus = 'running' | 'completed' | 'failed';

/** One call of an agent's double. */
export class RecordedCall {
  readonly task: AgentTask;
  readonly context: AgentContext;
  #status: CallStatus = 'running';
  #end: { resolve: (output: unknown) => void; reject: (error: unknown) => void } | undefined;

  constructor(task: AgentTask, context: AgentContext) {
    this.task = task;
    this.context = context;
  }

  get status(): CallStatus {
    return this.#status;
  }

  /** Whether it waits for `release` or `fail`. */
  get hangs(): boolean {
    return this.#end !== undefined;
  }

  /** Ends a call that hangs, with that output. @throws {TestingError} `CALL_ENDED`. */
  release(output: unknown = null): void {
    this.#hanging().resolve(output);
  }

  /** Ends a call that hangs, with that error. @throws {TestingError} `CALL_ENDED`. */
  fail(error: unknown): void {
    this.#hanging().reject(error);
  }

  /** @internal Runs the call and keeps how it ended. */
  async run(work: (() => unknown) | 'hang'): Promise<unknown> {
    try {
      const output = await (work === 'hang' ? this.#hang() : work());
      this.#status = 'completed';
      return output;
    } catch (error) {
      this.#status = 'failed';
      throw error;
    }
  }

  /** Until it is released, or its signal aborts. */
  async #hang(): Promise<unknown> {
    const { signal } = this.context;
    signal.throwIfAborted();
    let leave = (): void => undefined;
    try {
      return await new Promise((resolve, reject) => {
        this.#end = { resolve, reject };
        leave = onAbort(signal, () => reject(signal.reason));
      });
    } finally {
      this.#end = undefined;
      leave();
    }
  }

  #hanging(): { resolve: (output: unknown) => void; reject: (error: unknown) => void } {
    const end = this.#end;
    // At once: a second release in the same turn is a mistake too.
    this.#end = undefined;
    if (end !== undefined) return end;
    const { capability, stepId } = this.task;
    throw new TestingError('CALL_ENDED', `the call of "${capability}" for step "${stepId}" does not hang`);
  }
}
