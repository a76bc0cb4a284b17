import type { AgentContext, AgentProgress } from '#agent-pool';
import type { TaskSignal } from './task-signal.js';

export interface TaskContextOptions {
  signal: TaskSignal;
  idempotencyKey: string;
  /** ms since the epoch. */
  endsAt: number;
  traceparent: string | null;
  progress: (report: AgentProgress) => void;
}

/** What an agent gets with a task. A class, since accessors of an object literal are made anew for each. */
export class TaskContext implements AgentContext {
  readonly idempotencyKey: string;
  readonly traceparent: string | null;
  readonly progress: (report: AgentProgress) => void;
  readonly #signal: TaskSignal;
  readonly #endsAt: number;

  constructor({ signal, idempotencyKey, endsAt, traceparent, progress }: TaskContextOptions) {
    this.idempotencyKey = idempotencyKey;
    this.traceparent = traceparent;
    this.progress = progress;
    this.#signal = signal;
    this.#endsAt = endsAt;
  }

  get signal(): AbortSignal {
    return this.#signal.signal;
  }

  get deadline(): string {
    return new Date(this.#endsAt).toISOString();
  }
}
