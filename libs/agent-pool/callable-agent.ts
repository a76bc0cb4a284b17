import type { Agent, AgentContext, AgentTask } from './ports/agent.js';

/** What an agent does, as a function. It may return or throw at once, or give a promise. */
export type AgentCallable = (task: AgentTask, context: AgentContext) => unknown;

/** An agent that is a function of its own process; without `ping` it counts as able, without `dispose` as free of holdings. */
export class CallableAgent implements Agent {
  readonly #callable: AgentCallable;
  readonly #hooks: Partial<Pick<Agent, 'ping' | 'dispose'>>;

  constructor(callable: AgentCallable, hooks: Partial<Pick<Agent, 'ping' | 'dispose'>> = {}) {
    this.#callable = callable;
    this.#hooks = hooks;
  }

  /** Not async: a promise of a promise takes as long as all else about a task that does nothing. */
  execute(task: AgentTask, context: AgentContext): Promise<unknown> {
    try {
      const output = this.#callable(task, context);
      return output instanceof Promise ? output : Promise.resolve(output);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  get pingable(): boolean {
    return this.#hooks.ping !== undefined;
  }

  async ping(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await this.#hooks.ping?.(signal);
  }

  async dispose(): Promise<void> {
    await this.#hooks.dispose?.();
  }
}
