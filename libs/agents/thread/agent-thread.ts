import { MessageChannel, receiveMessageOnPort, type MessagePort } from 'node:worker_threads';
import type { Piscina } from 'piscina';
import type { AgentContext, AgentResources, AgentTask } from '#agent-pool';
import { abortReason, Deadline, onAbort, toErrorRecord, untilAborted, type Clock, type Timer } from '#core';
import type { AgentError } from '../agents.errors.js';
import type { ResolvedThreadAgentOptions } from './thread-agent-options.js';
import { crash, ThreadTaskError, threadLost } from './thread-errors.js';
import type {
  AbortMessage,
  CallMessage,
  HeapFigures,
  PlainContext,
  ThreadReply,
  ThreadRequest,
} from './thread-protocol.js';
import { UtilizationWindow } from './utilization-window.js';

/** A thread that has not even taken note of an abort after this time is blocked, and will not clean up. */
export const BLOCKED_AFTER_MS = 200;

export interface AgentThreadDependencies {
  piscina: typeof Piscina;
  /** The built thread-entry.js. */
  entry: URL;
  options: ResolvedThreadAgentOptions;
  clock: Clock;
}

interface Call {
  resolve(output: string): void;
  reject(error: Error): void;
  progress?: AgentContext['progress'];
  aborting?(): void;
}

type WithoutId<R> = R extends unknown ? Omit<R, 'callId'> : never;

/**
 * One worker thread with the module of an agent loaded: a piscina pool of one thread that is never replaced there.
 * States: loading → ready → ended (final), by `end` or by itself; then every call fails with what ended it.
 */
export class AgentThread {
  readonly #clock: Clock;
  readonly #abortGraceMs: number;
  readonly #pool: Piscina;
  readonly #port: MessagePort;
  readonly #exited: Promise<void>;
  readonly #utilization: UtilizationWindow;
  readonly #calls = new Map<number, Call>();
  readonly #loading: Promise<string>;
  #lastCallId = 0;
  #heap: HeapFigures | undefined;
  #failure: AgentError | undefined;
  #hasServed = false;

  private constructor({ piscina, entry, options, clock }: AgentThreadDependencies) {
    const { module, maxOutputBytes, abortGraceMs, resourceLimits } = options;
    const { port1, port2 } = new MessageChannel();
    this.#clock = clock;
    this.#abortGraceMs = abortGraceMs;
    this.#port = port1;
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
    // An error that no task is told of. The worker tells us too.
    this.#pool.on('error', () => undefined);
    this.#loading = this.#call({ type: 'load', module, maxOutputBytes, port: port2 }, {}, [port2]);
    // Whoever waits for it hears of it.
    this.#loading.catch(() => undefined);
    const [worker] = this.#pool.threads;
    if (worker === undefined) {
      port1.close();
      throw threadLost('no thread could be started');
    }
    this.#utilization = new UtilizationWindow(() => worker.performance.eventLoopUtilization(), clock);
    port1.on('message', (message: CallMessage) => this.#onMessage(message)).unref();
    worker.once('error', (error) => (this.#failure ??= crash(error)));
    this.#exited = new Promise((resolve) => {
      worker.once('exit', (exitCode) => {
        this.#onExit(exitCode);
        resolve();
      });
    });
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
    return this.#failure !== undefined;
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
      heapUsedBytes: this.#heap?.usedBytes ?? null,
      heapLimitBytes: this.#heap?.limitBytes ?? null,
    };
  }

  /**
   * Once `context.signal` has aborted, the task has `abortGraceMs` to settle, and a blocked thread nothing of it; then the
   * thread is ended. Settles when the task has, or when the thread is gone.
   * @throws what the module throws, as its record; {AgentError}; the signal's reason.
   */
  async execute(task: AgentTask, context: AgentContext): Promise<unknown> {
    const { signal, progress } = context;
    signal.throwIfAborted();
    this.#hasServed = true;
    let patience: Timer | undefined;
    const endAfter = (ms: number): void => {
      patience?.cancel();
      patience = this.#clock.setTimer(() => void this.end(threadLost('a task did not heed its abort')), ms);
    };
    const aborting = (): void => endAfter(this.#abortGraceMs);
    const running = this.#call(
      { type: 'execute', task, context: plainContext(context) },
      { progress, aborting },
    );
    const callId = this.#lastCallId;
    const leave = onAbort(signal, () => {
      endAfter(Math.min(BLOCKED_AFTER_MS, this.#abortGraceMs));
      this.#abort(callId, signal);
    });
    try {
      return JSON.parse(await running);
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    } finally {
      leave();
      patience?.cancel();
    }
  }

  /** Asks the module, in its turn: a thread that is busy does not answer. @throws as `execute`; its abort ends nothing. */
  async ping(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const answer = this.#call({ type: 'ping' });
    const callId = this.#lastCallId;
    const leave = onAbort(signal, () => this.#abort(callId, signal));
    try {
      await untilAborted(answer, signal);
    } finally {
      leave();
    }
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
    this.#failure ??= failure;
    await this.#pool.destroy();
    await this.#exited;
  }

  async #disposeModule(): Promise<void> {
    using deadline = new Deadline({
      clock: this.#clock,
      timeoutMs: this.#abortGraceMs,
      what: "disposing of the thread's module",
      ref: true,
    });
    await untilAborted(this.#call({ type: 'dispose' }), deadline.signal);
  }

  #call(
    request: WithoutId<ThreadRequest>,
    listener: Pick<Call, 'progress' | 'aborting'> = {},
    transferList: MessagePort[] = [],
  ): Promise<string> {
    const callId = ++this.#lastCallId;
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) {
        reject(this.#failure);
        return;
      }
      this.#calls.set(callId, { ...listener, resolve, reject });
      const answer = this.#pool.run({ ...request, callId }, { transferList }) as Promise<ThreadReply>;
      answer.then(
        (reply) => this.#onReply(callId, reply),
        (error: unknown) => {
          // When the thread ends, piscina knows before it is gone; `#onExit` tells. Else the request could not be sent.
          if (this.#failure === undefined) this.#take(callId)?.reject(error as Error);
        },
      );
    });
  }

  #abort(callId: number, signal: AbortSignal): void {
    const reason = abortReason(signal);
    const message: AbortMessage = { callId, kind: reason.kind, reason: toErrorRecord(reason, reason.code) };
    this.#port.postMessage(message);
  }

  #onReply(callId: number, reply: ThreadReply): void {
    this.#heap = reply.heap;
    this.#utilization.mark();
    // Reports that were sent before the reply come over another port, and may be behind it.
    for (let next = receiveMessageOnPort(this.#port); next !== undefined;) {
      this.#onMessage(next.message as CallMessage);
      next = receiveMessageOnPort(this.#port);
    }
    const call = this.#take(callId);
    if (reply.ok) call?.resolve(reply.output);
    else call?.reject(new ThreadTaskError(reply.error));
  }

  #onMessage(message: CallMessage): void {
    const call = this.#calls.get(message.callId);
    if (message.type === 'progress') call?.progress?.(message.report);
    else call?.aborting?.();
  }

  #onExit(exitCode: number): void {
    const failure = (this.#failure ??= threadLost(`the module ended its thread (code ${exitCode})`, {
      exitCode,
    }));
    this.#port.close();
    for (const { reject } of this.#calls.values()) reject(failure);
    this.#calls.clear();
  }

  #take(callId: number): Call | undefined {
    const call = this.#calls.get(callId);
    this.#calls.delete(callId);
    return call;
  }
}

/** Whatever else a context has or will have that is plain data. */
function plainContext(context: AgentContext): PlainContext {
  const isPlain = ([, value]: [string, unknown]): boolean => value === null || PLAIN.has(typeof value);
  return Object.fromEntries(Object.entries(context).filter(isPlain)) as unknown as PlainContext;
}

const PLAIN: ReadonlySet<string> = new Set(['string', 'number', 'boolean']);
