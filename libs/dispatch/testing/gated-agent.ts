import type { AgentCallable, AgentContext, AgentTask } from '#agent-pool';
import { until } from './until.js';

/** One task under way, which the test ends. */
export interface AgentCall {
  readonly task: AgentTask;
  readonly context: AgentContext;
  succeed(output?: unknown): void;
  fail(error: unknown): void;
}

/** An agent whose every task waits for the test. It ends with its signal, unless it is `deaf`. */
export class GatedAgent {
  readonly calls: AgentCall[] = [];
  readonly #deaf: boolean;
  running = 0;
  maxRunning = 0;

  constructor({ deaf = false }: { deaf?: boolean } = {}) {
    this.#deaf = deaf;
  }

  readonly run: AgentCallable = async (task, context) => {
    this.running++;
    this.maxRunning = Math.max(this.maxRunning, this.running);
    try {
      return await new Promise((resolve, reject) => {
        this.calls.push({ task, context, succeed: resolve, fail: reject });
        if (!this.#deaf) context.signal.addEventListener('abort', () => reject(context.signal.reason));
      });
    } finally {
      this.running--;
    }
  };

  /** The ids of the steps whose tasks began, in that order. */
  get stepIds(): string[] {
    return this.calls.map(({ task }) => task.stepId);
  }

  /** The `nth` task (1-based), as soon as it began. */
  async call(nth: number): Promise<AgentCall> {
    return until(() => this.calls[nth - 1]);
  }
}
