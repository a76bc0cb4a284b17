import { performance, type EventLoopUtilization } from 'node:perf_hooks';
import { MessageChannel, type Worker } from 'node:worker_threads';
import type { Piscina } from 'piscina';
import type { AgentContext, AgentResources, AgentTask } from '#agent-pool';
import { Deadline, onAbort, untilAborted, type Clock } from '#core';
import type { AgentError } from '../agents.errors.js';
import { askUnlessBusy } from '../ping/ask-unless-busy.js';
import { Patience } from './patience.js';
import { plainContext } from './plain-context.js';
import type { ResolvedThreadAgentOptions } from './thread-agent-options.js';
import { ThreadCalls } from './thread-calls.js';
import { crash, threadLost } from './thread-errors.js';
import type { ThreadFigures } from './thread-protocol.js';
import { UtilizationWindow } from './utilization-window.js';

export interface AgentThreadDependencies {
  piscina: typeof Piscina;
  /** The built thread-entry.js. */
  entry: URL;
  options: ResolvedThreadAgentOptions;
  clock: Clock;
}

/** A thread whose event loop was active for this part of the time served no message meanwhile. */
const BLOCKED_UTILIZATION = 0.9;

/**
 * One worker thread with the module of an agent loaded: a piscina pool of one thread that is never replaced there.
 * States: loading → ready → ended (final), by `end` or by itself; then every call fails with what ended it.
 */
export class AgentThread {
  readonly #clock: Clock;
  readonly #abortGraceMs: number;
  readonly #pool: Piscina;
  readonly #calls: ThreadCalls;
  readonly #exited: Promise<void>;
  readonly #readLoop: () => EventLoopUtilization;
  readonly #utilization: UtilizationWindow;
  readonly #loading: Promise<string>;
  #figures: ThreadFigures | undefined;
  #hasServed = false;
  #tasksUnderWay = 0;

  private constructor({ piscina, entry, options, clock }: AgentThreadDependencies) {
    const { module, maxOutputBytes, abortGraceMs, resourceLimits } = options;
    const { port1, port2 } = new MessageChannel();
    this.#clock = clock;
    this.#abortGraceMs = abortGraceMs;
    this.#pool = new piscina({
      filename: entry.href,
      // The thread starts with its first call. Were it one of the minimum, piscina would replace it when it ends.
      minThreads: 0,
      maxThreads: 1,
      idleTimeout: Number.POSITIVE_INFINITY,
      // The agent pool bounds the tasks of an agent.
      concurrentTasksPerWorker: Number.MAX_SAFE_INTEGER,
      // Otherwise the thread sleeps between its tasks, and neither its timers nor its ports are served.
      atomics: 'disabled',
      recordTiming: false,
      resourceLimits,
    });
    // An error that no task is told of; the worker tells us too.
    this.#pool.on('error', () => undefined);
    this.#calls = new ThreadCalls(this.#pool, port1, (figures) => this.#onReply(figures));
    const load = { type: 'load', module, maxOutputBytes, port: port2 } as const;
    this.#loading = this.#calls.begin(load, {}, [port2]).output;
    // Whoever waits for it hears of it.
    this.#loading.catch(() => undefined);
    const [worker] = this.#pool.threads;
    if (worker === undefined) {
      port1.close();
      throw threadLost('no thread could be started');
    }
    this.#readLoop = () => worker.performance.eventLoopUtilization();
    this.#utilization = new UtilizationWindow(this.#readLoop, clock);
    this.#exited = this.#watch(worker);
  }

  /** @throws {AgentError} when the module cannot be loaded; the signal's reason. No thread is left then. */
  static async start(dependencies: AgentThreadDependencies, signal: AbortSignal): Promise<AgentThread> {
    signal.throwIfAborted();
    const thread = new AgentThread(dependencies);
    try {
      await untilAborted(thread.#loading, signal);
      return thread;
    } catch (error) {
      await thread.end(threadLost('the start of the thread was given up'));
      throw error;
    }
  }

  /** Whether it takes no more calls; the thread itself may still be on its way out. */
  get ended(): boolean {
    return this.#calls.failure !== undefined;
  }

  /** Resolves when the thread is gone. */
  get exited(): Promise<void> {
    return this.#exited;
  }

  /** Whether a task was ever begun on it. */
  get hasServed(): boolean {
    return this.#hasServed;
  }

  get resources(): AgentResources {
    return {
      eventLoopUtilization: this.#utilization.utilization,
      heapUsedBytes: this.#figures?.heapUsedBytes ?? null,
      heapLimitBytes: this.#figures?.heapLimitBytes ?? null,
      cpuTimeMs: this.#figures?.cpuTimeMs ?? null,
    };
  }

  /**
   * Once `context.signal` has aborted, the task has `abortGraceMs` to settle, and a blocked thread `BLOCKED_AFTER_MS`;
   * then the thread is ended. Settles when the task has, or when the thread is gone.
   * @throws what the module throws, as its record; {AgentError}; the signal's reason.
   */
  async execute(task: AgentTask, context: AgentContext): Promise<unknown> {
    const { signal } = context;
    signal.throwIfAborted();
    this.#hasServed = true;
    this.#tasksUnderWay++;
    const patience = new Patience({
      clock: this.#clock,
      abortGraceMs: this.#abortGraceMs,
      listen: () => this.#calls.readPort(),
      end: () => void this.end(threadLost('the thread was ended: a task on it did not heed its abort')),
    });
    const { callId, output } = this.#calls.begin(
      { type: 'execute', task, context: plainContext(context) },
      { progress: (report) => context.progress(report), aborting: () => patience.aborting() },
    );
    const leave = onAbort(signal, () => {
      patience.aborted();
      this.#calls.abort(callId, signal);
    });
    try {
      return JSON.parse(await output);
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    } finally {
      leave();
      patience.cancel();
      this.#tasksUnderWay--;
    }
  }

  /**
   * Asks the module, in its turn; a thread that a task keeps blocked is well. @throws as `execute`; its abort ends nothing.
   */
  async ping(signal: AbortSignal): Promise<void> {
    let since = this.#readLoop();
    const isBusy = (): boolean => {
      const now = this.#readLoop();
      const { utilization } = performance.eventLoopUtilization(now, since);
      since = now;
      return this.#tasksUnderWay > 0 && utilization >= BLOCKED_UTILIZATION;
    };
    await askUnlessBusy((asking) => this.#ask(asking), { clock: this.#clock, signal, isBusy });
  }

  /** Has the module dispose of what it holds, for `abortGraceMs` at most, and ends the thread. @throws what it throws. */
  async dispose(): Promise<void> {
    try {
      if (!this.ended && (await this.#loading) === 'true') await this.#disposeModule();
    } finally {
      await this.end(threadLost('the agent was disposed of'));
    }
  }

  /** Calls under way fail with `failure`, unless it has ended before. Resolves when the thread is gone. Idempotent. */
  async end(failure: AgentError): Promise<void> {
    this.#calls.fail(failure);
    await this.#pool.destroy();
    await this.#exited;
  }

  async #ask(signal: AbortSignal): Promise<void> {
    const { callId, output } = this.#calls.begin({ type: 'ping' });
    const leave = onAbort(signal, () => this.#calls.abort(callId, signal));
    try {
      await output;
    } finally {
      leave();
    }
  }

  async #disposeModule(): Promise<void> {
    using deadline = new Deadline({
      clock: this.#clock,
      timeoutMs: this.#abortGraceMs,
      what: "disposing of the thread's module",
      ref: true,
    });
    await untilAborted(this.#calls.begin({ type: 'dispose' }).output, deadline.signal);
  }

  #watch(worker: Worker): Promise<void> {
    worker.once('error', (error) => this.#calls.fail(crash(error)));
    return new Promise((resolve) => {
      worker.once('exit', (exitCode) => {
        this.#calls.close(threadLost(`the module ended its thread (code ${exitCode})`, { exitCode }));
        resolve();
      });
    });
  }

  #onReply(figures: ThreadFigures): void {
    this.#figures = figures;
    this.#utilization.mark();
  }
}
