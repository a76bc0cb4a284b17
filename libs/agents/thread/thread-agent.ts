import type { Agent, AgentContext, AgentResources, AgentTask } from '#agent-pool';
import { Deadline, messageOf, untilAborted, type Clock } from '#core';
import { AgentError } from '../agents.errors.js';
import type { AgentThread } from './agent-thread.js';
import { threadLost } from './thread-errors.js';

/** How long a thread may take to start and its module to load, whoever waits for it. */
const START_TIMEOUT_MS = 30_000;

/** Starts a thread. @throws as `AgentThread.start`. */
export type StartThread = (signal: AbortSignal) => Promise<AgentThread>;

/**
 * An agent whose tasks run in a worker thread. A thread that has ended, by its module or by the abort of a task that did not
 * stop, is replaced at once; one that ended before its first task is replaced for the next, lest a module that crashes by
 * itself starts one thread after the other.
 */
export class ThreadAgent implements Agent {
  readonly #clock: Clock;
  readonly #start: StartThread;
  readonly #disposing = new AbortController();
  #thread: AgentThread;
  #starting: Promise<AgentThread> | undefined;

  constructor(thread: AgentThread, start: StartThread, clock: Clock) {
    this.#clock = clock;
    this.#start = start;
    this.#thread = this.#watch(thread);
  }

  async execute(task: AgentTask, context: AgentContext): Promise<unknown> {
    const thread = await this.#running(context.signal);
    return thread.execute(task, context);
  }

  async ping(signal: AbortSignal): Promise<void> {
    const thread = await this.#running(signal);
    await thread.ping(signal);
  }

  /** Null while there is no thread. */
  resources(): AgentResources | null {
    return this.#thread.ended ? null : this.#thread.resources;
  }

  /** Tasks under way fail. Resolves when the thread is gone. @throws what the module's `dispose` throws. */
  async dispose(): Promise<void> {
    this.#disposing.abort(threadLost('the agent was disposed of'));
    await this.#starting?.catch(() => undefined);
    await this.#thread.dispose();
  }

  async #running(signal: AbortSignal): Promise<AgentThread> {
    signal.throwIfAborted();
    this.#disposing.signal.throwIfAborted();
    return this.#thread.ended ? untilAborted(this.#replace(), signal) : this.#thread;
  }

  /** Those who come meanwhile wait for the same. */
  #replace(): Promise<AgentThread> {
    this.#starting ??= this.#startAnother().finally(() => {
      this.#starting = undefined;
    });
    return this.#starting;
  }

  async #startAnother(): Promise<AgentThread> {
    using deadline = new Deadline({
      clock: this.#clock,
      parent: this.#disposing.signal,
      timeoutMs: START_TIMEOUT_MS,
      what: 'starting a thread',
      ref: true,
    });
    // Two threads would need the memory of both, and might want the same files.
    await this.#thread.exited;
    try {
      this.#thread = this.#watch(await this.#start(deadline.signal));
      return this.#thread;
    } catch (error) {
      if (error instanceof AgentError || !deadline.signal.aborted) throw error;
      throw new AgentError('AGENT_UNREACHABLE', messageOf(error), { retryable: true, cause: error });
    }
  }

  #watch(thread: AgentThread): AgentThread {
    void thread.exited.then(() => {
      if (thread.hasServed && !this.#disposing.signal.aborted) this.#replace().catch(() => undefined);
    });
    return thread;
  }
}
