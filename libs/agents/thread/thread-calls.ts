import { receiveMessageOnPort, type MessagePort } from 'node:worker_threads';
import type { Piscina } from 'piscina';
import type { AgentContext } from '#agent-pool';
import { abortReason, toErrorRecord } from '#core';
import type { AgentError } from '../agents.errors.js';
import { ThreadTaskError } from './thread-errors.js';
import type {
  AbortMessage,
  CallMessage,
  ThreadFigures,
  ThreadReply,
  ThreadRequest,
} from './thread-protocol.js';

/** What a call is told of while it is under way. */
interface CallListener {
  progress?: AgentContext['progress'];
  /** Its signal has aborted in the thread. */
  aborting?(): void;
}

interface CallUnderWay extends CallListener {
  resolve(output: string): void;
  reject(error: Error): void;
}

export interface StartedCall {
  callId: number;
  /** JSON text. */
  output: Promise<string>;
}

type WithoutId<R> = R extends unknown ? Omit<R, 'callId'> : never;

/** The calls under way on one thread, as the protocol has them. */
export class ThreadCalls {
  readonly #pool: Piscina;
  readonly #port: MessagePort;
  readonly #onFigures: (figures: ThreadFigures) => void;
  readonly #calls = new Map<number, CallUnderWay>();
  #lastCallId = 0;
  #failure: AgentError | undefined;

  /** @param onFigures told of what the thread uses up, with every reply. */
  constructor(pool: Piscina, port: MessagePort, onFigures: (figures: ThreadFigures) => void) {
    this.#pool = pool;
    this.#port = port;
    this.#onFigures = onFigures;
    port.on('message', (message: CallMessage) => this.#onMessage(message)).unref();
  }

  /** What ends the thread; undefined while it takes calls. */
  get failure(): AgentError | undefined {
    return this.#failure;
  }

  /** The output rejects with what was thrown in the thread, or with what ended it once it is gone. */
  begin(
    request: WithoutId<ThreadRequest>,
    listener: CallListener = {},
    transferList: MessagePort[] = [],
  ): StartedCall {
    const callId = ++this.#lastCallId;
    const output = new Promise<string>((resolve, reject) => {
      if (this.#failure !== undefined) {
        reject(this.#failure);
        return;
      }
      this.#calls.set(callId, { ...listener, resolve, reject });
      const answer = this.#pool.run({ ...request, callId }, { transferList }) as Promise<ThreadReply>;
      answer.then(
        (reply) => this.#onReply(callId, reply),
        (error: unknown) => {
          // When the thread ends, piscina says so before it is gone, and `close` when it is. Else nothing was sent.
          if (this.#failure === undefined) this.#take(callId)?.reject(error as Error);
        },
      );
    });
    return { callId, output };
  }

  abort(callId: number, signal: AbortSignal): void {
    const reason = abortReason(signal);
    const message: AbortMessage = { callId, kind: reason.kind, reason: toErrorRecord(reason, reason.code) };
    this.#port.postMessage(message);
  }

  /** Handles what has come over the port and waits for its turn. */
  readPort(): void {
    let next = receiveMessageOnPort(this.#port);
    while (next !== undefined) {
      this.#onMessage(next.message as CallMessage);
      next = receiveMessageOnPort(this.#port);
    }
  }

  /** No call is taken any more. Only the first failure counts. */
  fail(failure: AgentError): void {
    this.#failure ??= failure;
  }

  /** The thread is gone: the calls under way fail with the first failure. */
  close(failure: AgentError): void {
    this.fail(failure);
    this.#port.close();
    for (const call of this.#calls.values()) call.reject(this.#failure ?? failure);
    this.#calls.clear();
  }

  #onReply(callId: number, reply: ThreadReply): void {
    this.#onFigures(reply.figures);
    // Reports that were sent before the reply came another way, and may be behind it.
    this.readPort();
    const call = this.#take(callId);
    if (reply.ok) call?.resolve(reply.output);
    else call?.reject(new ThreadTaskError(reply.error));
  }

  #onMessage(message: CallMessage): void {
    const call = this.#calls.get(message.callId);
    if (message.type === 'progress') call?.progress?.(message.report);
    else call?.aborting?.();
  }

  #take(callId: number): CallUnderWay | undefined {
    const call = this.#calls.get(callId);
    this.#calls.delete(callId);
    return call;
  }
}
